import {execFileSync} from 'node:child_process'
import {readFileSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {qemuImgCreate} from '#tools'
import {scratchDirectory} from '../../test/scratch.ts'
import {whyNoTools} from '../../test/why-no-tools.ts'
import {chooseCut, cutAfter, replay} from './cut.ts'
import {seededRandom} from './random.ts'
import {readWriteLog} from './write-log.ts'

// qemu-io is in the package of qemu-img.
const missing = await whyNoTools([qemuImgCreate])
if (missing !== undefined && process.env['CI']) throw new Error(missing)

const kiB = 1024

/** Lets QEMU log requests to a disk of one MiB. */
function logRequests(...requests: readonly string[]) {
  const scratch = scratchDirectory()
  const [disk, log, copy] = ['disk.img', 'writes.log', 'copy.img'].map((name) => join(scratch, name))
  if (disk === undefined || log === undefined || copy === undefined) throw new Error('no paths')
  for (const file of [disk, log, copy]) writeFileSync(file, '')
  for (const file of [disk, copy]) truncateSync(file, 1024 * kiB)
  const image = `driver=blklogwrites,file.driver=file,file.filename=${disk},log.driver=file,log.filename=${log}`
  execFileSync('qemu-io', ['-t', 'writeback', ...requests.flatMap((request) => ['-c', request]), '--image-opts', image])
  return {disk, log, copy, entries: readWriteLog(log)}
}

/** First byte of each block of 4 KiB. */
const blocks = (file: string, count: number) => {
  const bytes = readFileSync(file)
  return Array.from({length: count}, (_, index) => bytes[index * 4 * kiB])
}

test.skipIf(missing !== undefined)('a log of QEMU has every write, flush and discard of a disk, in order', () => {
  const {entries} = logRequests('write -P 1 0 4k', 'flush', 'write -P 2 8k 512', 'discard 64k 64k')

  expect(entries.slice(0, 4)).toMatchObject([
    {offsetBytes: 0, sizeBytes: 4096, dataAt: 1024, isFlush: false},
    {sizeBytes: 0, dataAt: undefined, isFlush: true},
    {offsetBytes: 8192, sizeBytes: 512, isFlush: false},
    {offsetBytes: 65_536, sizeBytes: 65_536, dataAt: undefined, isFlush: false},
  ])
})

test.skipIf(missing !== undefined)(
  'a cut at the end of a log loses nothing that was flushed: the copy equals the disk',
  () => {
    const {disk, log, copy, entries} = logRequests('write -P 1 0 8k', 'write -P 2 4k 8k', 'write -z 0 1k', 'flush')
    const cut = cutAfter(entries, entries.length, seededRandom(1))
    replay(log, cut, copy)

    expect(cut.lost).toBe(0)
    expect(readFileSync(copy).equals(readFileSync(disk))).toBe(true)
  },
)

test.skipIf(missing !== undefined)(
  'a cut keeps what was flushed and loses some of the rest, and the same of it for the same seed',
  () => {
    const writes = (from: number) => Array.from({length: 8}, (_, n) => `write -P ${from + n} ${(from + n - 1) * 4}k 4k`)
    const {log, copy, entries} = logRequests(...writes(1), 'flush', ...writes(9), 'flush')
    const at = entries.findIndex(({offsetBytes}) => offsetBytes === 15 * 4 * kiB) + 1
    const cut = cutAfter(entries, at, seededRandom(7))
    replay(log, cut, copy)
    const left = blocks(copy, 16)

    expect(left.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(cut.lost).toBeGreaterThan(0)
    expect(cut.lost).toBeLessThan(8)
    expect(left.filter((byte) => byte === 0)).toHaveLength(cut.lost)
    expect(cutAfter(entries, at, seededRandom(7))).toEqual(cut)
  },
)

test.skipIf(missing !== undefined)(
  'a cut chosen by flushes hits the few writes between two of them as often as the many before',
  () => {
    const many = Array.from({length: 60}, (_, n) => `write ${n * 4}k 4k`)
    const {entries} = logRequests(...many, 'flush', 'write 0 4k', 'flush', 'write 4k 4k', 'flush')
    const firstFlush = entries.findIndex(({isFlush}) => isFlush)
    const lateCuts = (isAtFlush: boolean) => {
      const random = seededRandom(3)
      const cuts = Array.from({length: 100}, () => chooseCut(entries, random, {isAtFlush}))
      return cuts.filter(({completed}) => completed > firstFlush + 1).length
    }

    expect(lateCuts(true)).toBeGreaterThan(50)
    expect(lateCuts(false)).toBeLessThan(30)
  },
)

test('a file that is no log of writes is refused', () => {
  const file = join(scratchDirectory(), 'file')
  writeFileSync(file, Buffer.alloc(4096))

  expect(() => readWriteLog(file)).toThrow('is no log of writes')
})
