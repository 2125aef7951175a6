import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {apkOf} from '../alpine/testing-packages.ts'
import {writeRepository} from '../alpine/testing-repository.ts'
import {scratchDirectory} from '../scratch.ts'
import {makeTinyWorld} from './tiny-world.ts'

test('damage to an Alpine repository is reported with the package and the expected and actual values', async () => {
  const repository = scratchDirectory()
  const packages = [{name: 'a', entries: {'usr/bin/a': 'a program\n'}}, {name: 'b'}]
  const key = writeRepository(repository, packages)
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  writeFileSync(
    join(place.directory, 'haos.build.ts'),
    `import {alpine, defineImage} from 'haos-build'
export default defineImage({
  name: 'tiny', version: '1.0.0', arch: ['amd64'],
  base: alpine({repositories: ['${repository}'], keys: ['${key}'], packages: ['a']}),
})\n`,
  )
  const errorAfter = async (path: string, change: (bytes: Buffer) => Buffer) => {
    const file = join(repository, 'x86_64', path)
    const whole = readFileSync(file)
    writeFileSync(file, change(Buffer.from(whole)))
    const {status, stderr} = await place.run(['lock'])
    writeFileSync(file, whole)
    expect(stderr).not.toContain('this is a bug')
    expect(status).toBe(3)
    return stderr.slice(stderr.indexOf('✗'))
  }
  const flip = (at: number) => (bytes: Buffer) => {
    bytes[at] = (bytes.at(at) ?? 0) ^ 1
    return bytes
  }
  const {bytes, control, indexed} = apkOf({name: 'a', entries: {'usr/bin/a': 'a program\n'}})

  expect(await errorAfter('a-1-r0.apk', flip(bytes.length - 12))).toMatch(
    /^✗ a-1-r0 is not the package of the index: its data is [0-9a-f]{64} instead of [0-9a-f]{64} {2}DIGEST_MISMATCH\n/,
  )
  expect(await errorAfter('a-1-r0.apk', flip(control.length - 1))).toMatch(/^✗ a-1-r0 is damaged: wrong size at byte /)
  expect(await errorAfter('a-1-r0.apk', (whole) => whole.subarray(0, 100))).toContain(
    `its size is 100 bytes instead of ${indexed.sizeBytes} bytes`,
  )
  expect(await errorAfter('a-1-r0.apk', () => apkOf({name: 'b'}).bytes)).toMatch(
    /^✗ a-1-r0 is not the package of the index: its (?:size|control segment) is .* instead of /,
  )
  expect(await errorAfter('APKINDEX.tar.gz', (whole) => flip(whole.length - 12)(whole))).toMatch(
    /^✗ the signature of .*APKINDEX\.tar\.gz does not match its content {2}SIGNATURE_INVALID\n/,
  )
})
