import {rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:http'
import {join} from 'node:path'
import {deflateRawSync, gzipSync, constants as zlib} from 'node:zlib'
import * as fc from 'fast-check'
import {describe, expect, onTestFinished, test} from 'vitest'
import {HaosError} from '#dsl'
import {nodeHttp} from '#engine'
import {manifestOf} from '../../test/alpine/manifest.ts'
import {indexText} from '../../test/alpine/testing.ts'
import {apkOf} from '../../test/alpine/testing-packages.ts'
import {signIndex, testKeys} from '../../test/alpine/testing-repository.ts'
import {type TestEntry, tarOf} from '../../test/alpine/testing-tar.ts'
import {damage, damaged} from '../../test/hostile/damage.ts'
import {listenInTest} from '../../test/listen.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {loadIndexes} from './index/load-indexes.ts'
import {readIndex} from './index/read-index.ts'
import {installPackages} from './install/install-packages.ts'
import {type IndexedPackage, unpackApk} from './unpack/unpack-apk.ts'

/** The same inputs each time. HAOS_FUZZ_RUNS times as many, and others, in a long run. */
const factor = Number(process.env['HAOS_FUZZ_RUNS'] ?? 1)
const runs = (count: number) => ({
  numRuns: count * factor,
  seed: factor === 1 ? 20_260_101 : Date.now(),
  endOnFailure: true,
})
const timeout = 600_000 * Math.max(1, factor)
/** Limits for one hostile file. */
const limit = {megabytes: 400}

/** The result of installing packages: the paths of the tree, or the code of the error. Anything else is a bug. */
async function outcome(files: readonly {bytes: Uint8Array; expected?: IndexedPackage}[], scratch: string) {
  try {
    const packages = []
    for (const [number, {bytes, expected}] of files.entries()) {
      const path = join(scratch, `${number}.apk`)
      rmSync(`${path}.data`, {force: true})
      writeFileSync(path, bytes)
      packages.push(await unpackApk(path, {origin: 'x', dataPath: `${path}.data`, expected}))
    }
    return {entries: (await installPackages(packages, {arch: 'x86_64', world: ['a']})).entries()}
  } catch (error) {
    if (error instanceof HaosError && /^(?:PACKAGE|PATH|DIGEST)_/.test(error.code)) return {code: error.code}
    throw error
  }
}

const sample = apkOf({
  entries: {
    'usr/': {type: 'directory', mode: 0o755},
    'usr/bin/': {type: 'directory', mode: 0o755},
    'usr/bin/a': 'a program\n'.repeat(100),
    'usr/bin/b': {type: 'hardlink', linkName: 'usr/bin/a'},
    'usr/lib': {type: 'symlink', linkName: 'bin'},
  },
  scripts: {'.post-install': '#!/bin/sh\nexit 0\n'},
})

test(
  'a damaged package is refused, or equals the package of the index',
  async () => {
    const scratch = scratchDirectory()
    const manifest = async (bytes: Uint8Array) => {
      const {code, entries} = await outcome([{bytes, expected: sample.indexed}], scratch)
      return code ?? (await manifestOf(entries ?? []))
    }
    const whole = await manifest(sample.bytes)
    const property = fc.asyncProperty(fc.array(damage, {minLength: 1, maxLength: 3}), async (harm) => {
      const bytes = damaged(sample.bytes, harm)
      expect(await manifest(bytes)).toEqual(bytes.equals(sample.bytes) ? whole : expect.stringMatching(/_/))
    })

    await fc.assert(property, runs(60))
  },
  timeout,
)

test(
  'a change of any bit of a package is detected',
  async () => {
    const scratch = scratchDirectory()
    // A part of them in a short run.
    for (let bit = 0; bit < sample.bytes.length * 8; bit += factor === 1 ? 97 : 1) {
      const bytes = Buffer.from(sample.bytes)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const {code} = await outcome([{bytes, expected: sample.indexed}], scratch)
      expect(code, `bit ${bit}`).toMatch(/^(?:DIGEST|PACKAGE)_/)
    }
  },
  timeout,
)

test(
  'a damaged index is refused, or equals the signed index',
  () => {
    const text = indexText(['a 1-r0|D:b', 'b 2-r0|p:c=1'])
    const signed = signIndex(gzipSync(tarOf({DESCRIPTION: 'test', APKINDEX: text})))
    const property = fc.property(fc.array(damage, {minLength: 1, maxLength: 3}), (harm) => {
      try {
        // The header of the signature's own archive may change: what is signed begins after it.
        expect(readIndex(damaged(signed, harm), {origin: 'x', keys: testKeys})).toEqual(text)
      } catch (error) {
        if (!(error instanceof HaosError)) throw error
        expect(error.code).toMatch(/^(?:SIGNATURE_INVALID|PACKAGE_INVALID)$/)
      }
    })

    fc.assert(property, runs(300))
  },
  timeout,
)

test('another package under the same name is refused, whatever it claims to be', async () => {
  const scratch = scratchDirectory()
  const others = [
    apkOf({name: 'b', entries: {x: 'y'}}),
    apkOf({name: 'a', version: '0-r0', entries: {x: 'y'}}),
    apkOf({name: 'a', entries: {x: 'y'}}),
  ]
  for (const other of others)
    expect((await outcome([{bytes: other.bytes, expected: sample.indexed}], scratch)).code).toBe('DIGEST_MISMATCH')
})

/** Names and links by which a package might reach what is not its own. */
const word = fc.constantFrom('..', '.', '', 'etc', 'usr', 'lib', 'a', 'b', 'passwd', '.x', 'a\nF:etc', 'ü', 'a\u0000b')
const path = fc.array(word, {minLength: 1, maxLength: 5}).map((words) => words.join('/'))
const entry: fc.Arbitrary<TestEntry> = fc.oneof(
  fc.string({maxLength: 30}),
  fc.record({type: fc.constant('directory' as const), mode: fc.nat(0o7777)}),
  fc.record({
    type: fc.constant('symlink' as const),
    linkName: fc.oneof(
      path,
      path.map((text) => `/${text}`),
    ),
  }),
  fc.record({
    type: fc.constant('hardlink' as const),
    linkName: fc.oneof(
      path,
      path.map((text) => `/${text}`),
    ),
  }),
  fc.record({type: fc.constant('character-device' as const), major: fc.nat(300), minor: fc.nat(300)}),
  // More or less than there is.
  fc.record({type: fc.constant('file' as const), sizeBytes: fc.oneof(fc.nat(5000), fc.constant(0o77777777777))}),
)
const packageEntries = fc.array(fc.tuple(path, entry), {minLength: 1, maxLength: 6}).map(Object.fromEntries)

test(
  'no combination of paths, links and devices leads out of the root, in one package or in two',
  async () => {
    const scratch = scratchDirectory()
    const property = fc.asyncProperty(fc.array(packageEntries, {minLength: 1, maxLength: 2}), async (list) => {
      const packages = list.map((entries, number) => apkOf({name: `p${number}`, entries}))
      const {entries} = await outcome(
        packages.map(({bytes, indexed}) => ({bytes, expected: indexed})),
        scratch,
      )
      if (entries === undefined) return
      const types = new Map(entries.map((item) => [item.path, item.type]))
      for (const item of entries) {
        expect(item.path).toMatch(/^\/(?:[^/\u0000-\u001f]+(?:\/[^/\u0000-\u001f]+)*)?$/)
        expect(item.path.split('/')).not.toContain('..')
        // Nothing lies below a link: on disk it would be somewhere else.
        const parent = item.path.slice(0, item.path.lastIndexOf('/')) || '/'
        expect(types.get(parent), item.path).toBe('directory')
        if (item.type === 'hardlink') expect(types.get(item.target ?? '')).toBe('file')
      }
    })

    await fc.assert(property, runs(100))
  },
  timeout,
)

describe('data larger than it states takes no more than the allowed memory', () => {
  /** Gzip of endless zeros, whose parts repeat: a file of a few hundred kilobytes. */
  const endless = (megabytes: number): Buffer => {
    const part = deflateRawSync(Buffer.alloc(8 << 20), {finishFlush: zlib.Z_FULL_FLUSH})
    const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
    return Buffer.concat([header, ...Array.from({length: megabytes / 8}, () => part)])
  }
  const members = (megabytes: number): Buffer => {
    const part = gzipSync(Buffer.alloc(8 << 20))
    return Buffer.concat(Array.from({length: megabytes / 8}, () => part))
  }
  const big: TestEntry = {type: 'file', sizeBytes: 0o37777777777}

  test.each<[string, () => Promise<unknown>]>([
    ['data that does not end', () => outcome([apkOf({data: endless(256)})], scratchDirectory())],
    ['data in thousands of members', () => outcome([apkOf({data: members(256)})], scratchDirectory())],
    ['a file of 4 GB that is not there', () => outcome([apkOf({data: gzipSync(tarOf({a: big}))})], scratchDirectory())],
    ['a control segment that does not end', () => outcome([{bytes: endless(256)}], scratchDirectory())],
    [
      'an index that does not end',
      async () => {
        try {
          readIndex(signIndex(endless(256)), {origin: 'x', keys: testKeys})
        } catch (error) {
          if (error instanceof HaosError) return {code: error.code}
          throw error
        }
        return undefined
      },
    ],
    ['an answer that does not end', () => endlessAnswer()],
  ])(
    '%s',
    async (_, attack) => {
      const before = process.memoryUsage().rss
      let peak = before
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss)
      }, 10)
      onTestFinished(() => clearInterval(watch))

      expect(await attack()).toMatchObject({code: expect.stringMatching(/_/)})

      expect((Math.max(peak, process.memoryUsage().rss) - before) / 1e6).toBeLessThan(limit.megabytes)
    },
    timeout,
  )

  async function endlessAnswer(): Promise<{code: string}> {
    const piece = Buffer.alloc(1 << 20)
    const server = createServer((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', more)
      more()
    })
    const location = `http://127.0.0.1:${await listenInTest(server)}`
    const {signal} = new AbortController()
    const error: unknown = await loadIndexes([{location}], {arch: 'x86_64', http: nodeHttp(), signal}).catch(
      (reason) => reason,
    )
    if (error instanceof HaosError) return {code: error.code}
    throw error
  }
})
