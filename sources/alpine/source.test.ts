import {execFileSync} from 'node:child_process'
import {cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import type {HaosError} from '#dsl'
import {type BuildEvent, digestOfFile, nodeHttp, PlanBuilder} from '#engine'
import {chainTo} from '#image'
import {readRecording, realMirror} from '../../test/alpine/recorded-world.ts'
import {makeMirror} from '../../test/alpine/testing-mirror.ts'
import {writeApk} from '../../test/alpine/testing-packages.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {serveDirectory} from '../../test/served-directory.ts'
import {alpineSource} from './source.ts'

const scratch = mkdtempSync(join(tmpdir(), 'haos-alpine-source-'))
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

const mirrors = [
  {what: 'of packages that the test makes', ...makeMirror(scratch)},
  {what: 'of the real packages (../shared/alpine)', ...realMirror},
]
for (const {what, mirror, keys: mirrorKeys} of mirrors)
  describe.skipIf(!existsSync(mirror))(what, () => {
    function setUp(changed: Partial<typeof alpineSource.spec._zod.input> = {}) {
      const events: BuildEvent[] = []
      const kept: string[] = []
      const context = {
        arch: 'amd64' as const,
        http: nodeHttp(),
        cacheDir: scratchDirectory(),
        recipeDirectory: mirror,
        signal: new AbortController().signal,
        emit: (event: BuildEvent) => events.push(event),
        keep: async (path: string) => {
          kept.push(path)
          return digestOfFile(path)
        },
      }
      const spec = alpineSource.spec.parse({
        kind: 'alpine',
        repositories: ['v3.19.1-iso/main'],
        mirrors: [mirror],
        keys: [mirrorKeys],
        ...changed,
      })
      const lock = (names: readonly string[], dependencies: 'all' | 'none' = 'all') =>
        alpineSource.lock({spec, names, dependencies}, context)
      return {spec, context, events, kept, lock}
    }

    test('a world is pinned in the order of installation, with digest, size and path below the mirror', async () => {
      const {lock} = setUp()
      const packages = await lock(['zlib', 'musl'])

      expect(packages.map(({name}) => name)).toEqual(['musl', 'zlib'])
      const file = readFileSync(join(mirror, 'v3.19.1-iso/main/x86_64/zlib-1.3.1-r0.apk'))
      expect(packages[1]).toEqual({
        name: 'zlib',
        version: '1.3.1-r0',
        arch: 'x86_64',
        archive: 'v3.19.1-iso/main',
        path: 'x86_64/zlib-1.3.1-r0.apk',
        sizeBytes: file.length,
        sha256: execFileSync('sha256sum', {input: file, encoding: 'utf8'}).slice(0, 64),
      })
    })

    test('a truncated cached digest gets into no lock file', async () => {
      const {lock, context, kept} = setUp()
      const packages = await lock(['zlib'])
      const memories = join(context.cacheDir, 'alpine/packages')
      for (const name of readdirSync(memories)) writeFileSync(join(memories, name), '')
      const before = kept.length

      expect(await lock(['zlib'])).toEqual(packages)
      expect(kept.length).toBeGreaterThan(before)
    })

    test('a package next to the recipe is resolved with its dependencies, and is not fetched', async () => {
      const {spec, context, kept} = setUp()
      const directory = scratchDirectory()
      const path = './agent.apk'
      writeApk(join(directory, path), {name: 'agent', version: '9-r0', info: ['depend = zlib']})
      const {length: sizeBytes} = readFileSync(join(directory, path))
      const sha256 = await digestOfFile(join(directory, path))
      const request = {
        spec: {...spec, localPackages: [{path, sha256, sizeBytes}]},
        names: [path],
        dependencies: 'all' as const,
      }
      const packages = await alpineSource.lock(request, {...context, recipeDirectory: directory})

      expect(packages.map(({name}) => name)).toEqual(['musl', 'zlib', 'agent'])
      expect(packages[2]).toEqual({
        name: 'agent',
        version: '9-r0',
        arch: 'x86_64',
        archive: 'local',
        path,
        sizeBytes,
        sha256,
      })
      expect(kept).toHaveLength(2)
    })

    test('a package that was fetched for its digest is not fetched again', async () => {
      const {lock, kept} = setUp()
      const first = await lock(['zlib'])
      const number = kept.length

      expect(number).toBe(first.length)
      expect(await lock(['zlib'])).toEqual(first)
      expect(kept.length).toBe(number)
    })

    test('packages are fetched from each of the mirrors, by URL or path', () => {
      const {spec} = setUp({mirrors: ['https://example.org/alpine/', '/srv/alpine']})
      const plan = new PlanBuilder(0)
      const sha256 = 'a'.repeat(64)
      const item = {name: 'a+b', version: '1-r0', arch: 'x86_64', path: 'x86_64/a+b-1-r0.apk', sizeBytes: 1, sha256}
      alpineSource.fetch(spec, [{...item, archive: 'v3.19.1-iso/main'}], plan)

      expect(plan.finish([]).origins[sha256]).toEqual([
        'https://example.org/alpine/v3.19.1-iso/main/x86_64/a%2Bb-1-r0.apk',
        '/srv/alpine/v3.19.1-iso/main/x86_64/a+b-1-r0.apk',
      ])
    })

    test('a mirror without indexes is skipped with a note', async () => {
      const empty = await serveDirectory(scratchDirectory())
      const {lock, events} = setUp({mirrors: [empty.url, mirror]})

      expect((await lock(['zlib'])).map(({name}) => name)).toEqual(['musl', 'zlib'])
      expect(events).toContainEqual(
        expect.objectContaining({message: expect.stringContaining('trying the next mirror')}),
      )
    })

    test('a package that is incomplete on one mirror is fetched from the next, with a note', async () => {
      const partial = scratchDirectory()
      cpSync(
        join(mirror, 'v3.19.1-iso/main/x86_64/APKINDEX.tar.gz'),
        join(partial, 'v3.19.1-iso/main/x86_64/APKINDEX.tar.gz'),
      )
      const whole = readFileSync(join(mirror, 'v3.19.1-iso/main/x86_64/zlib-1.3.1-r0.apk'))
      whole[whole.length - 20] = (whole[whole.length - 20] ?? 0) ^ 1
      writeFileSync(join(partial, 'v3.19.1-iso/main/x86_64/zlib-1.3.1-r0.apk'), whole)
      const {lock, events} = setUp({mirrors: [partial, mirror]})

      expect((await lock(['zlib'])).map(({name}) => name)).toEqual(['musl', 'zlib'])
      const notes = events.flatMap((event) => (event.type === 'note' ? [event.message] : []))
      expect(notes).toEqual([
        expect.stringMatching(/musl-.*cannot be fetched.*; trying the next mirror$/),
        expect.stringMatching(
          /^zlib-1\.3\.1-r0 is not the package of the index: its data is [0-9a-f]{64} instead of [0-9a-f]{64}; trying/,
        ),
      ])
    })

    test('a package of a tagged repository is chosen only if its tag is requested', async () => {
      const repositories = ['v3.19.1-iso/main', '@community v3.19/community']
      const {lock} = setUp({repositories})

      expect((await lock(['ipmitool-openrc@community'], 'none')).map(({archive}) => archive)).toEqual([
        'v3.19/community',
      ])
      await expect(lock(['ipmitool-openrc'], 'none')).rejects.toMatchObject({code: expect.stringMatching(/^PACKAGE_/)})
    })

    test('packages for arm64 are pinned on any machine', async () => {
      const {context, spec} = setUp({repositories: ['v3.13.4-iso/main']})
      const request = {spec, names: ['zlib'], dependencies: 'all' as const}
      const packages = await alpineSource.lock(request, {...context, arch: 'arm64'})

      expect(packages.map(({name, arch}) => `${name} ${arch}`)).toEqual(['musl aarch64', 'zlib aarch64'])
    })

    test('an index that no trusted key has signed is refused', async () => {
      const keys = scratchDirectory()
      writeFileSync(join(keys, 'none'), '')
      const {lock} = setUp({keys: [keys]})
      const error: HaosError = await lock(['zlib']).catch((reason) => reason)

      expect(error).toMatchObject({code: 'SIGNATURE_INVALID'})
    })

    test('packages that are only unpacked have no dependencies', async () => {
      const {lock} = setUp()

      expect((await lock(['busybox'], 'none')).map(({name}) => name)).toEqual(['busybox'])
    })

    test('each package is explained by what requires it', async () => {
      const {spec, context} = setUp()
      const packages = await alpineSource.explain({spec, names: ['openssh-server'], dependencies: 'all'}, context)

      expect(chainTo('musl', packages)?.[0]).toBe('openssh-server')
      expect(chainTo('libcrypto3', packages)).toEqual([
        'openssh-server',
        expect.stringMatching(/^openssh-server-\d/),
        expect.stringMatching(/^libcrypto3-3\./),
      ])
    })

    if (mirror === realMirror.mirror)
      test('all packages of base-services are pinned', async () => {
        const {lock} = setUp()
        const {meta} = readRecording('base-services', 'scripts')

        expect(await lock(meta.world)).toHaveLength(42)
      })
  })

test.each([
  ['linux-lts', '6.18.2-r0', '6.18.2-0-lts', '/boot/vmlinuz-lts'],
  ['linux-virt', '6.6.31-r3', '6.6.31-3-virt', '/boot/vmlinuz-virt'],
])('the kernel of %s %s is %s', (name, version, release, path) => {
  const locked = {name, version, arch: 'x86_64', path: '', sizeBytes: 0, sha256: ''}

  expect(alpineSource.kernelOf([{...locked, name: 'linux-firmware-none'}, locked])).toEqual({version: release, path})
})
