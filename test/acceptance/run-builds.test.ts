import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {makeTinyWorld} from './tiny-world.ts'

test('run rebuilds the ISO after an edit of the recipe, so that it never boots an old one', async () => {
  const world = await makeTinyWorld()
  const place = world.workplace({recipe: {parts: "file('/etc/motd', {text: 'one', replace: true}),"}})
  // An invalid memory size stops it before a machine starts.
  const run = () => place.run(['run', '--memory', 'much'])
  const sums = () => readFileSync(join(place.out, 'SHA256SUMS'), 'utf8')

  expect(await run()).toMatchObject({status: 2, stderr: expect.stringContaining('"much" is not a size')})
  const before = sums()
  place.writeRecipe({parts: "file('/etc/motd', {text: 'two', replace: true}),"})
  expect((await run()).status).toBe(2)
  expect(sums()).not.toBe(before)
})
