import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {HaosError} from '#dsl'
import type {TreeEntry} from '#formats'
import {type TestEntry, tarOf} from '../../test/alpine/testing-tar.ts'
import {damage, damaged} from '../../test/hostile/damage.ts'
import {debOf, directory, label, laidOut, link} from '../../test/hostile/deb-of.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {unpackDebs} from './archive/deb-archive.ts'
import {readDebianPackage} from './archive/debian-package.ts'
import {layOut} from './install/lay-out.ts'

/** The same inputs each time. HAOS_FUZZ_RUNS times as many, and others, in a long run. */
const factor = Number(process.env['HAOS_FUZZ_RUNS'] ?? 1)
const runs = (count: number) => ({
  numRuns: count * factor,
  seed: factor === 1 ? 20_260_101 : Date.now(),
  endOnFailure: true,
})
const timeout = 600_000 * Math.max(1, factor)

/** What becomes of packages: the paths that are laid out, or the code of the error. Any other end is a bug. */
async function outcome(debs: readonly Buffer[], parent: string) {
  const scratch = join(parent, String(number++))
  mkdirSync(scratch)
  try {
    const archives = debs.map((bytes, index) => {
      const path = join(scratch, `${index}.deb`)
      writeFileSync(path, bytes)
      return {path, label}
    })
    const {signal} = new AbortController()
    // Nothing here is compressed by xz, which is a tool.
    const tars = await unpackDebs(archives, {scratch, signal, tool: () => Promise.reject(new Error('no tool'))})
    const packages = await Promise.all(tars.map(readDebianPackage))
    return {entries: layOut(packages).entries}
  } catch (error) {
    if (error instanceof HaosError && error.code === 'PACKAGE_INVALID')
      return {code: error.code, message: error.message}
    throw error
  }
}

let number = 0

const entries: Readonly<Record<string, TestEntry>> = {
  './': directory,
  './usr/': directory,
  './usr/bin/': directory,
  './usr/bin/a': 'a program\n'.repeat(100),
  './usr/bin/b': {type: 'hardlink', linkName: './usr/bin/a'},
  './usr/share': link('bin'),
  './etc/a.conf': 'a\n',
}
const control = {...laidOut, conffiles: '/etc/a.conf\n', triggers: 'activate ldconfig\n', postinst: '#!/bin/sh\n'}
const plain = debOf({controlFiles: control, entries})
const packed = debOf({controlFiles: control, members: {'data.tar.gz': gzipSync(tarOf(entries))}})

/** What holds of every tree that is laid out: it can be unpacked without a link leading out of it. */
function expectSound(laid: readonly TreeEntry[]): void {
  const types = new Map(laid.map(({path, type}) => [path, type]))
  for (const {path, type, target} of laid) {
    expect(path).toMatch(/^\/(?:[^/\u0000-\u001f]+(?:\/[^/\u0000-\u001f]+)*)?$/)
    expect(path.split('/')).not.toContain('..')
    expect([undefined, 'directory'], path).toContain(types.get(path.slice(0, path.lastIndexOf('/')) || '/'))
    if (type === 'hardlink') expect(types.get(target ?? '')).toBe('file')
    expect(type).not.toMatch(/device/)
  }
}

test.each([
  ['as it is', plain],
  ['compressed', packed],
])(
  'a damaged package, %s, is refused with its name, or unpacked below the root',
  async (_, bytes) => {
    const scratch = scratchDirectory()
    const whole = await outcome([bytes], scratch)
    expect(whole.entries?.map(({path}) => path)).toContain('/usr/bin/b')

    const property = fc.asyncProperty(fc.array(damage, {minLength: 1, maxLength: 3}), async (harm) => {
      const {entries: laid = [], message = label} = await outcome([damaged(bytes, harm)], scratch)
      expect(message).toContain(label)
      expectSound(laid)
    })
    await fc.assert(property, runs(300))
  },
  timeout,
)

/** Names and links by which a package might reach what is not its own. */
const word = fc.constantFrom('..', '.', '', 'etc', 'usr', 'bin', 'a', 'b', 'dev', 'x y', 'a\n/etc', 'ü')
const path = fc.array(word, {minLength: 1, maxLength: 5}).map((words) => words.join('/'))
const target = fc.oneof(
  path,
  path.map((text) => `/${text}`),
)
const entry: fc.Arbitrary<TestEntry> = fc.oneof(
  fc.string({maxLength: 30}),
  fc.record({type: fc.constant('directory' as const), mode: fc.nat(0o7777)}),
  fc.record({type: fc.constant('symlink' as const), linkName: target}),
  fc.record({type: fc.constant('hardlink' as const), linkName: target}),
  fc.record({type: fc.constant('character-device' as const), major: fc.nat(300), minor: fc.nat(300)}),
  fc.record({type: fc.constant('file' as const), sizeBytes: fc.oneof(fc.nat(5000), fc.constant(0o77777777777))}),
)

test(
  'no combination of paths, links and devices is unpacked so that a symlink leads out of the root',
  async () => {
    const scratch = scratchDirectory()
    const tree = fc.array(fc.tuple(path, entry), {minLength: 1, maxLength: 6}).map(Object.fromEntries)
    const property = fc.asyncProperty(fc.array(tree, {minLength: 1, maxLength: 2}), async (trees) => {
      // Essential ones are laid out whatever other packages have.
      const debs = trees.map((item) => debOf({controlFiles: laidOut, fields: {Essential: 'yes'}, entries: item}))
      expectSound((await outcome(debs, scratch)).entries ?? [])
    })

    await fc.assert(property, runs(300))
  },
  timeout,
)
