import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {makeTinyWorld} from './tiny-world.ts'

test('a named package is updated alone and explained by the recipe, and one that is not pinned is refused', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  const first = await place.run(['lock', '--json'])
  expect(first).toMatchObject({status: 0, stderr: expect.stringContaining('1 package pinned')})
  // Standard output holds one document; notes go to standard error.
  expect(JSON.parse(first.stdout)).toMatchObject({type: 'result'})
  const before = readFileSync(place.lock, 'utf8')
  world.publish('2')

  const other = await place.run(['lock', '--update', 'grub-pc-bin'])
  expect(other).toMatchObject({status: 0})
  expect(readFileSync(place.lock, 'utf8')).toBe(before)

  const refused = await place.run(['lock', '--update', 'greting'])
  expect(refused).toMatchObject({status: 3, stderr: expect.stringContaining('Did you mean greeting?')})
  expect(await place.run(['lock', 'greeting'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Run `lock --update greeting`'),
  })

  const updated = await place.run(['lock', '--update', 'greeting'])
  expect(updated.status).toBe(0)
  expect(updated.stderr).toMatch(
    /^tiny\/amd64\/base: 1 changed, 0 added, 0 removed, [+−]\d+ KiB\n {2}~ greeting 1 → 2$/m,
  )
  const changed = readFileSync(place.lock, 'utf8')
    .split('\n')
    .filter((line) => !before.includes(line))
  expect(changed).toEqual([expect.stringContaining('"name":"greeting","version":"2"')])

  const {stdout} = await place.run(['packages', 'why', 'greeting'])
  expect(stdout).toBe('greeting\n  greeting 2')
  expect(await place.run(['packages', 'why', 'grub-pc-bin', '--json'])).toMatchObject({
    stdout: expect.stringContaining('boot loader'),
  })
})
