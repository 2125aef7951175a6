import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import type {BuildEvent} from '../run/events.ts'
import {EarlyCopies} from './early-copies.ts'
import {exportArtifacts, prepareOutput} from './export.ts'
import {Store} from './store.ts'

async function shop(text: string, {sizeBytes: size = text.length} = {}) {
  const directory = scratchDirectory()
  const store = await Store.open(join(directory, 'store'))
  const make = () => {
    const made = join(directory, 'made')
    writeFileSync(made, text)
    truncateSync(made, size)
    return store.commit(made)
  }
  const {digest, sizeBytes} = await make()
  const out = join(directory, 'out')
  const events: BuildEvent[] = []
  const artifact = {name: 'x-1.iso', alias: 'x.iso', role: 'iso', image: 'x', arch: 'amd64', step: 's'}
  const records = new Map([['s', {digest, sizeBytes, durationMs: 0, name: 'x'}]])
  // Each time another run, with nothing in mind of what the store was given.
  const run = async (copies?: EarlyCopies) =>
    exportArtifacts([artifact], records, {
      store: await Store.open(store.directory),
      out,
      copies,
      facts: new Map([['x-1.iso', {kernel: '6.12'}]]),
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
    })
  return {directory, artifact, out, run, make, events, store, digest}
}

test('a finished file has a manifest, and both have lines in SHA256SUMS', async () => {
  const {out, run, digest} = await shop('image')
  await run()

  expect(readFileSync(join(out, 'x-1.iso'), 'utf8')).toBe('image')
  expect(execFileSync('sha256sum', ['--check', 'SHA256SUMS'], {cwd: out, encoding: 'utf8'})).toBe(
    'x-1.iso: OK\nx-1.iso.manifest.json: OK\n',
  )
  expect(JSON.parse(readFileSync(join(out, 'x-1.iso.manifest.json'), 'utf8'))).toEqual({
    file: 'x-1.iso',
    role: 'iso',
    sizeBytes: 5,
    sha256: digest,
    kernel: '6.12',
  })
})

test('the name without a version leads to the file', async () => {
  const {out, run} = await shop('image')
  await run()

  expect(readlinkSync(join(out, 'x.iso'))).toBe('x-1.iso')
  await run()
  expect(readFileSync(join(out, 'x.iso'), 'utf8')).toBe('image')
})

test('a disk with holes takes no more space than in the store', async () => {
  const {out, run} = await shop('boot sector', {sizeBytes: 2 ** 30})
  await run()

  const {size, blocks} = statSync(join(out, 'x-1.iso'))
  expect(size).toBe(2 ** 30)
  expect(blocks * 512).toBeLessThan(2 ** 20)
})

test('an existing unchanged file is not written again', async () => {
  const {out, run, events} = await shop('image')
  await run()
  const before = statSync(join(out, 'x-1.iso')).ino
  await run()

  expect(statSync(join(out, 'x-1.iso')).ino).toBe(before)
  expect(events.at(-1)).toMatchObject({type: 'artifact', unchanged: true})
})

test('a file that a user has changed is replaced, and the store keeps its own bytes', async () => {
  const {out, run, store, digest} = await shop('image')
  await run()
  chmodSync(join(out, 'x-1.iso'), 0o644)
  writeFileSync(join(out, 'x-1.iso'), 'spoilt')
  await run()

  expect(readFileSync(join(out, 'x-1.iso'), 'utf8')).toBe('image')
  expect(readFileSync(store.blobPath(digest), 'utf8')).toBe('image')
})

test.each([
  ['a file', {}],
  ['a disk with holes', {sizeBytes: 2 ** 22}],
])('%s that was damaged in the store is not exported, and is rebuilt by the next build', async (_, size) => {
  const {out, run, store, digest, make} = await shop('image', size)
  await run()
  const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8')
  rmSync(join(out, 'x-1.iso'))
  chmodSync(store.blobPath(digest), 0o644)
  const blob = openSync(store.blobPath(digest), 'r+')
  writeSync(blob, 'xx', 0)
  closeSync(blob)

  await expect(run()).rejects.toMatchObject({code: 'STORE_UNUSABLE', details: {at: store.blobPath(digest)}})
  expect(readdirSync(out).filter((name) => name.includes('.half') || name === 'x-1.iso')).toEqual([])
  // A step whose bytes are not in the store is made again.
  expect(store.has(digest)).toBe(false)
  await make()
  await run()
  expect(readFileSync(join(out, 'SHA256SUMS'), 'utf8')).toBe(sums)
  execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], {cwd: out})
})

test('a finished file and the files next to it have the permissions of the umask', async () => {
  const {out, run} = await shop('image')
  const before = process.umask(0o077)
  try {
    await run()
  } finally {
    process.umask(before)
  }

  const modes = ['x-1.iso', 'x-1.iso.manifest.json', 'SHA256SUMS'].map((name) => statSync(join(out, name)).mode & 0o777)
  expect(modes).toEqual([0o600, 0o600, 0o600])
})

test('partial files of a killed export are removed by the next one', async () => {
  const {out, run} = await shop('image')
  await run()
  const half = join(out, 'x-1.iso.999999999.half')
  writeFileSync(half, 'ima')
  await run()

  expect(existsSync(half)).toBe(false)
})

test.each(['x-1.iso', 'x.iso', 'x-1.iso.manifest.json', 'SHA256SUMS'])(
  'a directory called %s, where a file belongs, is refused with its path',
  async (name) => {
    const {out, run} = await shop('image')
    const at = join(out, name)
    mkdirSync(at, {recursive: true})

    await expect(run()).rejects.toMatchObject({code: 'OUTPUT_NOT_WRITABLE', details: {at}})
    expect(readdirSync(out).filter((entry) => entry.includes('.half'))).toEqual([])
  },
)

test('an output directory that is a dangling symlink is refused with its path', async () => {
  const {out, run} = await shop('image')
  symlinkSync('absent', out)

  await expect(run()).rejects.toMatchObject({code: 'OUTPUT_NOT_WRITABLE', details: {at: out}})
})

test.each(['/proc/haos-build', ''])(
  'an output directory that cannot be created, such as "%s", is refused with its path',
  async (out) => {
    await expect(prepareOutput(out)).rejects.toMatchObject({code: 'OUTPUT_NOT_WRITABLE', details: {at: out}})
  },
)

test('an output directory that is a file is refused with its path', async () => {
  const {out, run} = await shop('image')
  writeFileSync(out, '')

  await expect(run()).rejects.toMatchObject({code: 'OUTPUT_NOT_WRITABLE', details: {at: out}})
})

test('a copy that was made with the artifact is what the export renames, if its bytes are right', async () => {
  const {directory, artifact, out, run, store, digest} = await shop('image')
  const made = join(directory, 'made again')
  for (const [text, expected] of [
    ['image', 'the copy'],
    ['imago', 'another file'],
  ] as const) {
    rmSync(join(out, 'x-1.iso'), {force: true})
    writeFileSync(made, text)
    await using copies = new EarlyCopies([artifact], out)
    await copies.reader('s', made)?.()
    const [copy] = readdirSync(out).filter((name) => name.endsWith('.half'))
    const {ino} = statSync(join(out, copy ?? ''))
    if (text === 'image') await run(copies)
    else await expect(run(copies)).rejects.toThrow('was damaged')
    const found = statSync(join(out, 'x-1.iso'), {throwIfNoEntry: false})
    expect(found?.ino === ino ? 'the copy' : 'another file').toBe(expected)
  }
  expect(store.has(digest)).toBe(false)
  expect(readdirSync(out).filter((name) => name.endsWith('.half'))).toEqual([])
})

test('a copy that could not be made is made by the export', async () => {
  const {artifact, out, run, digest} = await shop('image')
  await using copies = new EarlyCopies([artifact], out)
  await copies.reader('s', join(out, 'missing'))?.()
  const [exported] = await run(copies)

  expect(readFileSync(join(out, 'x-1.iso'), 'utf8')).toBe('image')
  expect(exported?.sha256).toBe(digest)
})

test('copies of a failed build do not stay', async () => {
  const {directory, artifact, out} = await shop('image')
  writeFileSync(join(directory, 'made'), 'image')
  {
    await using copies = new EarlyCopies([artifact], out)
    await copies.reader('s', join(directory, 'made'))?.()
    expect(copies.reader('another step', join(directory, 'made'))).toBeUndefined()
    expect(readdirSync(out)).toHaveLength(1)
  }
  expect(readdirSync(out)).toEqual([])
})
