import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {makeTinyWorld, whyNoTinyWorld} from './tiny-world.ts'

const missing = whyNoTinyWorld()
beforeEach(({skip}) => skip(missing !== undefined, missing))

test('programs with more rights than their callers are in the manifest, and a new one is reported once', async () => {
  const world = await makeTinyWorld()
  const place = world.workplace()
  const build = async (version: string) => {
    const {status, stderr} = await place.run(['iso'])
    expect(status, stderr).toBe(0)
    const manifest = JSON.parse(readFileSync(join(place.out, `tiny-${version}-amd64.iso.manifest.json`), 'utf8'))
    return {privileged: manifest.privileged, notes: stderr.split('\n').filter((line) => line.includes('now runs with'))}
  }
  expect(await build('1.0.0')).toEqual({privileged: [], notes: []})

  const parts = "file('/usr/bin/odd', {text: '', mode: '6755'}),"
  place.writeRecipe({parts, more: "version: '1.1.0',"})
  const odd = {path: '/usr/bin/odd', mode: '6755', uid: 0, gid: 0, from: 'the recipe'}
  expect(await build('1.1.0')).toEqual({
    privileged: [odd],
    notes: [
      expect.stringContaining(
        '/usr/bin/odd of tiny (amd64) now runs with the rights of user 0 and the rights of group 0: it is from the recipe',
      ),
    ],
  })
  expect(await build('1.1.0')).toEqual({privileged: [odd], notes: []})
})
