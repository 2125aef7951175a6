import {copyFileSync, cpSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {DebianMirror} from '../debian-mirror.ts'
import {scratchDirectory} from '../scratch.ts'
import {serveDirectory} from '../served-directory.ts'
import {makeTinyWorld, whyNoTinyWorld} from './tiny-world.ts'

const missing = whyNoTinyWorld()
beforeEach(({skip}) => skip(missing !== undefined, missing))

test("the lock is stale when the key of another repository changes, wherever the recipe's directory is", async () => {
  const {served, mirror, workplace} = await makeTinyWorld({hollow: true})
  const place = workplace()
  const vendor = new DebianMirror()
  vendor.publish([{name: 'agent', version: '1'}])
  const sold = await serveDirectory(vendor.directory)
  const key = join(place.directory, 'vendor.gpg')
  copyFileSync(vendor.keyring, key)
  const debian = `suite: 'test', updates: false, security: false, mirrors: ['${served.url}'], keyring: '${mirror.keyring}'`
  const repository = `{url: '${sold.url}', suite: 'test', key: new URL('vendor.gpg', import.meta.url)}`
  place.writeRecipe({base: `${debian}, repositories: [${repository}]`})
  const locked = await place.run(['lock'])
  expect(locked.status, locked.stderr).toBe(0)

  const elsewhere = scratchDirectory()
  cpSync(place.directory, elsewhere, {recursive: true})
  const moved = ['plan', '--recipe', join(elsewhere, 'haos.build.ts')]
  expect(await place.run(moved)).toMatchObject({status: 0})

  writeFileSync(key, Buffer.concat([readFileSync(vendor.keyring), readFileSync(mirror.keyring)]))
  expect(await place.run(['plan'])).toMatchObject({status: 3, stderr: expect.stringContaining('LOCK_STALE')})
  expect(await place.run(['lock'])).toMatchObject({status: 0})
  expect(await place.run(['plan'])).toMatchObject({status: 0})

  writeFileSync(
    join(place.directory, 'haos.build.ts'),
    readFileSync(join(place.directory, 'haos.build.ts'), 'utf8').replace('vendor.gpg', 'absent.gpg'),
  )
  expect(await place.run(['plan'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('absent.gpg cannot be read'),
  })
})
