import {createHash, createPublicKey, generateKeyPairSync, verify} from 'node:crypto'
import {copyFileSync, existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {serveDirectory} from '../served-directory.ts'
import {makeTinyWorld, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()
const iso = 'tiny-1.0.0-amd64.iso'

const flipBit = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  writeFileSync(path, bytes)
}

const problemsOf = async (place: Workplace, ...args: string[]) => {
  const {status, stdout} = await place.run(['verify', '--json', ...args])
  const {code, hint, problems} = JSON.parse(stdout)
  return {status, code, hint, problems}
}

test.skipIf(reason)(
  `finished files are built again in an empty store, without the network, and what differs is named${reason ? ` (${reason})` : ''}`,
  async () => {
    const world = await makeTinyWorld()
    const place = world.workplace()
    expect(await place.run(['build', 'iso', 'rootfs'])).toMatchObject({status: 0})
    const asked = world.served.requests.length
    const good = await place.run(['verify', '--offline'])
    expect(good).toMatchObject({status: 0})
    expect(good.stdout.match(/^✓ out\/.* has the bytes that recipe and lock give$/gm)).toHaveLength(2)
    expect(world.served.requests.length).toBe(asked)

    // Beside the recipe, without a manifest.
    const copy = join(place.directory, iso)
    copyFileSync(join(place.out, iso), copy)
    flipBit(copy, readFileSync(copy).indexOf('hostname: tiny'))
    expect(await problemsOf(place, iso)).toMatchObject({
      status: 3,
      code: 'NOT_REPRODUCED',
      problems: [{path: `${iso} › /haos/system/config.yaml`, message: 'differs from byte 0 on'}],
    })

    place.writeRecipe({parts: "file('/etc/issue.net', {text: 'more', mode: '0600'}),"})
    expect(await problemsOf(place)).toMatchObject({
      status: 3,
      problems: [
        {
          path: expect.stringMatching(/^out\/tiny-1\.0\.0-amd64\.iso › .*system\.squashfs › \/etc\/issue\.net$/),
          message: 'is missing',
        },
        {path: expect.stringMatching(/rootfs.* › \/etc\/issue\.net$/)},
      ],
    })
  },
)

test.skipIf(reason)(
  `what somebody else has published is compared, fetched only where it differs, and the result is a signed statement for each file${reason ? ` (${reason})` : ''}`,
  async () => {
    const place = (await makeTinyWorld()).workplace()
    expect(await place.run(['build', 'iso', 'initrd'])).toMatchObject({status: 0})
    const published = await serveDirectory(place.out)
    const {privateKey} = generateKeyPairSync('ed25519')
    writeFileSync(join(place.directory, 'key.pem'), privateKey.export({type: 'pkcs8', format: 'pem'}))
    const state = ['--statement', 'seen.jsonl', '--statement-key', 'key.pem', '--verifier', 'https://example.com/me']
    expect(await place.run(['verify', '--against', published.url, ...state])).toMatchObject({status: 0})
    expect(published.requests).toEqual(['GET /SHA256SUMS'])

    // A list that lies about a good file gets no statement.
    const list = join(place.out, 'SHA256SUMS')
    const honest = readFileSync(list, 'utf8')
    writeFileSync(list, honest.replace(/^[0-9a-f]{64}(?= .*\.iso$)/m, 'f'.repeat(64)))
    const lie = await place.run(['verify', iso, '--against', published.url, ...state.with(1, 'lie.jsonl')])
    expect(lie).toMatchObject({status: 3, stderr: expect.stringContaining('DIGEST_MISMATCH')})
    expect(existsSync(join(place.directory, 'lie.jsonl'))).toBe(false)
    writeFileSync(list, honest)

    // Somebody's ISO differs, and says so.
    const file = join(place.out, iso)
    const [was, at] = [readFileSync(file), readFileSync(file).indexOf('hostname: tiny')]
    flipBit(file, at)
    const sums = join(place.out, 'SHA256SUMS')
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    writeFileSync(sums, readFileSync(sums, 'utf8').replace(digest(was), digest(readFileSync(file))))
    expect(await problemsOf(place, iso, '--against', published.url, ...state)).toMatchObject({
      status: 3,
      problems: [{path: `${published.url}/${iso} › /haos/system/config.yaml`}],
    })
    expect(published.requests.slice(-2)).toEqual(['GET /SHA256SUMS', `GET /${iso}`])

    const [line = '', ...more] = readFileSync(join(place.directory, 'seen.jsonl'), 'utf8').trimEnd().split('\n')
    expect(more).toEqual([])
    const {payload, payloadType, signatures} = JSON.parse(line)
    const body = Buffer.from(payload, 'base64')
    const signed = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body])
    const signature = Buffer.from(signatures[0].sig, 'base64')
    expect(verify(null, signed, createPublicKey(privateKey), signature)).toBe(true)
    expect(JSON.parse(body.toString())).toMatchObject({
      subject: [{name: iso, digest: {sha256: digest(readFileSync(file))}}],
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {verifier: {id: 'https://example.com/me'}, verificationResult: 'FAILED'},
    })
  },
)

test.skipIf(reason)(
  `a program of another version than that which made a file is named${reason ? ` (${reason})` : ''}`,
  async () => {
    const place = (await makeTinyWorld()).workplace()
    expect(await place.run(['iso'])).toMatchObject({status: 0})
    const manifest = join(place.out, `${iso}.manifest.json`)
    const text = readFileSync(manifest, 'utf8')
    expect(JSON.parse(text).tools).toMatchObject({xorriso: expect.stringMatching(/^\d/)})
    writeFileSync(manifest, text.replace(/"xorriso": "[^"]*"/, '"xorriso": "0.1"'))
    flipBit(join(place.out, iso), 40_000)

    expect(await problemsOf(place)).toMatchObject({
      status: 3,
      hint: expect.stringMatching(/^Verify it with the programs that made it: xorriso 0\.1, here \d/),
    })
  },
)

test('what is not there, or not of the recipe, or not pinned, is an error before anything is built', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  expect(await place.run(['verify'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('there are no finished files in out'),
  })
  expect(await place.run(['verify', 'absent.iso'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('there is no file absent.iso'),
  })
  writeFileSync(join(place.directory, 'other.iso'), 'x')
  expect(await place.run(['verify', 'other.iso'])).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('LOCK_MISSING'),
  })
  expect(await place.run(['lock'])).toMatchObject({status: 0})
  const unknown = await place.run(['verify', 'other.iso'])
  expect(unknown).toMatchObject({status: 2, stderr: expect.stringContaining('the recipe makes no file other.iso')})
  expect(unknown.stderr).not.toContain('[started]')
})
