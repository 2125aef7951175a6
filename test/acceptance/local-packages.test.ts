import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {buildDeb} from '../debian-mirror.ts'
import {makeTinyWorld, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()

const putAgent = ({directory}: Workplace, version: string) =>
  buildDeb(join(directory, 'agent.deb'), {name: 'agent', version, files: {'DEBIAN/md5sums': '\n'}})

test('a package next to the recipe is pinned by its digest: another file makes the lock stale', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({recipe: {parts: "packages('./agent.deb'),"}})
  expect(await place.run(['lock'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('agent.deb cannot be read'),
  })
  putAgent(place, '1')
  expect(await place.run(['lock'])).toMatchObject({status: 0})
  const pinned = readFileSync(place.lock, 'utf8')
  expect(pinned).toContain('"name":"agent","version":"1","arch":"all","archive":"local","path":"./agent.deb"')
  expect(await place.run(['plan'])).toMatchObject({status: 0})

  putAgent(place, '2')
  expect(await place.run(['plan'])).toMatchObject({status: 3, stderr: expect.stringContaining('LOCK_STALE')})
  expect(await place.run(['lock'])).toMatchObject({status: 0, stderr: expect.stringContaining('~ agent 1 → 2')})

  // The user has chosen the file: an earlier version needs no flag.
  putAgent(place, '1.5')
  expect(await place.run(['lock'])).toMatchObject({status: 0, stderr: expect.stringContaining('~ agent 2 → 1.5')})
})

test.skipIf(reason)(`a package next to the recipe is installed${reason ? ` (${reason})` : ''}`, async () => {
  const world = await makeTinyWorld()
  const place = world.workplace({recipe: {base: '', parts: "packages('./agent.deb'),"}})
  place.writeRecipe({parts: "packages('./agent.deb'),"})
  putAgent(place, '1')

  expect(await place.run(['iso'])).toMatchObject({status: 0})
  expect(readFileSync(join(place.out, 'tiny-1.0.0-amd64.iso.manifest.json'), 'utf8')).toContain('"name": "agent"')
})
