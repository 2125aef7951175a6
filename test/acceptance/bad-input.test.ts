import {mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import {delimiter, join} from 'node:path'
import {expect, test} from 'vitest'
import {DebianMirror} from '../debian-mirror.ts'
import {findDamage} from './soundness.ts'
import {makeTinyWorld, type RunResult, type TinyWorld, whyNoTinyWorld} from './tiny-world.ts'

// Each test runs the program several times.

const isRoot = process.getuid?.() === 0

/** The printed error by lines, without the output before it. Checks that it is readable. */
function errorOf({stderr, status}: RunResult): {status: number | undefined; lines: readonly string[]} {
  expect(stderr).not.toContain('this is a bug')
  // A stack trace contains files with line and column.
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m)
  const lines = stderr.trimEnd().split('\n')
  const start = lines.findIndex((line) => line.startsWith('✗'))
  const shown = start < 0 ? lines : lines.slice(start)
  expect(shown.filter((line) => line.startsWith('  hint   '))).toHaveLength(1)
  return {status, lines: shown}
}

const has = (...texts: readonly string[]) => expect.arrayContaining(texts.map((text) => expect.stringContaining(text)))

test('a recipe with five mistakes reports five problems, each with its path', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({
    recipe: {
      parts: "file('etc/relative', {text: ''}), user('Bad Name', {uid: 1000}),",
      more: "verion: '2', boot: {timeoutSeconds: -1}, config: {hostnam: 'x'},",
    },
  })
  const {status, lines} = errorOf(await place.run(['plan', 'iso']))

  expect(status).toBe(2)
  expect(lines[0]).toBe('✗ the recipe has 5 problems  RECIPE_INVALID')
  expect(lines.filter((line) => line.startsWith('  • '))).toHaveLength(5)
  expect(lines).toEqual(has('• verion ', 'boot.timeoutSeconds ', 'config.hostnam ', 'parts[5]', 'parts[6]'))
  expect(lines).toEqual(has('→ Did you mean "version"?', '→ Did you mean "hostname"?'))
})

test('unknown packages are reported, with the nearest known ones', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({recipe: {parts: "packages('greting', 'nothing-like-it'),"}})
  const {status, lines} = errorOf(await place.run(['iso']))

  expect(status).toBe(3)
  expect(lines[0]).toMatch(/^✗ no package "greting", "nothing-like-it" in http:.* {2}PACKAGE_NOT_FOUND$/)
  expect(lines).toEqual(
    has('• greting is not a package', '→ Did you mean greeting?', '• nothing-like-it is not a package'),
  )
})

test('a mirror that does not answer, has no such suite, is not signed or sends garbage is reported with a hint', async () => {
  const world = await makeTinyWorld({hollow: true})
  const keyring = `keyring: '${world.mirror.keyring}'`
  const lockFrom = async (url: string, suite = 'test') =>
    errorOf(
      await world
        .workplace({
          recipe: {base: `suite: '${suite}', updates: false, security: false, mirrors: ['${url}'], ${keyring}`},
        })
        .run(['lock']),
    )
  const unfetched = '✗ the package lists could not be fetched  DOWNLOAD_FAILED'

  // The discard port (RFC 863), on which machines no longer listen.
  const refused = await lockFrom('http://127.0.0.1:9/debian')
  expect(refused).toMatchObject({status: 3, lines: has(unfetched, 'at     http://127.0.0.1:9/debian')})
  expect(refused.lines).toEqual(has('Connection refused'))

  const absent = await lockFrom(world.served.url, 'absent')
  expect(absent).toMatchObject({status: 3, lines: has(unfetched, `at     ${world.served.url}`)})
  expect(absent.lines).toEqual(has('does not have a Release file'))

  const release = join(world.mirror.directory, 'dists/test/InRelease')
  writeFileSync(release, '<html>It works!</html>\n')
  const garbage = await lockFrom(world.served.url)
  expect(garbage.status).toBe(3)
  expect(garbage.lines[0]).toMatch(/^✗ .* {2}(?:SIGNATURE_INVALID|DOWNLOAD_FAILED)$/)

  const stranger = new DebianMirror()
  stranger.publish([])
  writeFileSync(release, readFileSync(join(stranger.directory, 'dists/test/InRelease')))
  expect(await lockFrom(world.served.url)).toMatchObject({
    status: 3,
    lines: has('✗ the mirror is not signed by a trusted key  SIGNATURE_INVALID'),
  })
})

/** The file of the package `greeting` on the mirror. */
const greetingFile = ({mirror}: TinyWorld) => join(mirror.directory, 'pool/main/greeting/greeting_1_all.deb')

test('a package that is truncated, changed or not the pinned one never gets into the store', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  await place.run(['lock'])
  const lock = readFileSync(place.lock, 'utf8')
  const bytes = readFileSync(greetingFile(world))
  const refused = {
    status: 3,
    lines: has('✗ greeting_1_all.deb is not the file that the lock file pins  DIGEST_MISMATCH'),
  }

  const other = Buffer.from(bytes)
  other.fill('x', bytes.length - 8)
  writeFileSync(greetingFile(world), other)
  const wrong = errorOf(await place.run(['iso', '--locked']))
  expect(wrong).toMatchObject(refused)
  expect(wrong.lines).toEqual(has(`• ${world.served.url}/pool/main/greeting/greeting_1_all.deb has SHA-256`))

  truncateSync(greetingFile(world), 100)
  const short = errorOf(await place.run(['iso', '--locked']))
  expect(short).toMatchObject(refused)
  expect(short.lines).toEqual(has('is 100 bytes long instead of'))

  expect(readFileSync(place.lock, 'utf8')).toBe(lock)
  expect(await findDamage(place)).toEqual([])
})

test('a connection that breaks at every attempt is reported after the last one, with the part that is kept', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  await place.run(['lock'])
  world.served.misbehave = ({url = ''}, response) => {
    if (!url.endsWith('.deb')) return false
    response.writeHead(200, {'content-length': '9999'})
    response.destroy()
    return true
  }
  const broken = errorOf(await place.run(['iso', '--locked']))

  expect(broken).toMatchObject({status: 3, lines: has('_all.deb could not be downloaded  DOWNLOAD_FAILED')})
  expect(broken.lines).toEqual(has('hint   Check the connection and the mirrors'))
  expect(await findDamage(place)).toEqual([])
})

const whyNoMount = whyNoTinyWorld() ?? (isRoot ? undefined : 'only root can mount a small disk')

test.skipIf(whyNoMount)(
  `a full disk is reported as full, whether a download or a step fills it${whyNoMount ? ` (${whyNoMount})` : ''}`,
  async () => {
    const world = await makeTinyWorld()
    const place = world.workplace()
    await place.run(['lock'])
    mkdirSync(place.store, {recursive: true})
    // The mount ends with the command. Packages fit into the larger one, but the results do not.
    for (const size of ['4m', '18m']) {
      const onSmallDisk = `mount -t tmpfs -o mode=0755,size=${size} small '${place.store}'; exec "$@"`
      const {status, lines} = errorOf(
        await place.run(['iso', '--locked'], {wrap: ['unshare', '--mount', 'sh', '-c', onSmallDisk, 'sh']}),
      )
      expect({status, first: lines[0]}).toEqual({status: 4, first: expect.stringMatching(/no space .* {2}DISK_FULL$/)})
      expect(lines).toEqual(has('HAOS_BUILD_STORE'))
    }
    expect(await findDamage(place)).toEqual([])
  },
)

test('a missing tool that may not be installed is reported with its purpose and the command that installs it', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  await place.run(['lock'])
  const bin = programsWithout(place.directory, ['xorriso', 'tar2sqfs'])
  const {status, lines} = errorOf(await place.run(['iso', '--offline'], {env: {PATH: bin}}))

  expect(status).toBe(4)
  expect(lines[0]).toMatch(/^✗ (?:tar2sqfs, xorriso|xorriso, tar2sqfs) are not installed, or too old {2}TOOL_MISSING$/)
  expect(lines).toEqual(has('• xorriso is needed', '• tar2sqfs is needed'))
  expect(lines).toEqual(has('apt-get install --no-install-recommends squashfs-tools-ng xorriso`'))
})

/** A directory with links to all programs of this machine except some. */
function programsWithout(directory: string, missing: readonly string[]): string {
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  for (const from of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of names(from)) {
      if (!missing.includes(name)) symlinkSync(join(from, name), join(bin, name), 'file')
    }
  }
  return bin

  function names(from: string): readonly string[] {
    try {
      const known = new Set(readdirSync(bin))
      return readdirSync(from).filter((name) => !known.has(name))
    } catch {
      return []
    }
  }
}

test('an output directory or a store that cannot be written is reported immediately, with its path', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  await place.run(['lock'])
  const file = join(place.directory, 'file')
  writeFileSync(file, '')
  // Root can write everywhere except where no directory can exist.
  const unwritable = join(file, 'out')
  const out = errorOf(await place.run(['iso', '--locked', '--out', unwritable]))
  expect(out).toMatchObject({
    status: 4,
    lines: has(`✗ the directory ${unwritable} cannot be written  OUTPUT_NOT_WRITABLE`, 'with --out'),
  })
  // Before the first step, not after the last.
  expect(readdirSync(join(place.store, 'blobs'))).toEqual([])
  expect(errorOf(await place.run(['iso', '--locked', '--out', file]))).toMatchObject({
    status: 4,
    lines: has(`✗ ${file} is not a directory  OUTPUT_NOT_WRITABLE`, 'Name a directory with --out'),
  })
  expect(errorOf(await place.run(['iso', '--locked', '--out', '']))).toMatchObject({
    status: 2,
    lines: has('✗ --out names no directory  USAGE_INVALID', 'leave --out away'),
  })

  const store = join(file, 'store')
  const unusable = errorOf(await place.run(['iso', '--locked'], {env: {HAOS_BUILD_STORE: store}}))
  expect(unusable).toMatchObject({
    status: 4,
    lines: has(`✗ the store ${store} cannot be written  STORE_UNUSABLE`, 'HAOS_BUILD_STORE'),
  })
})
