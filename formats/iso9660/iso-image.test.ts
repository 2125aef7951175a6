import {closeSync, openSync, readFileSync, writeFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {HaosError} from '#dsl'
import {Toolbox} from '#engine'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallDisc} from '../../test/small-disc.ts'
import {Disc} from './iso-image.ts'

const missing = (await new Toolbox().find({name: 'xorriso', purpose: '', package: 'xorriso', args: () => []}))
  ? undefined
  : 'xorriso is not installed'
if (missing !== undefined && process.env['CI']) throw new Error(missing)
const fact = test.skipIf(missing !== undefined)

const menu = '/boot/grub/grub.cfg'

/** Does something with a disc that is opened. */
function withDisc<Value>(path: string, work: (disc: Disc) => Value): Value {
  const fd = openSync(path, 'r')
  try {
    return work(Disc.open(fd, path))
  } finally {
    closeSync(fd)
  }
}

/** A disc, and where the record of its menu lies. */
function makeDisc(): {readonly path: string; readonly bytes: Buffer; readonly recordAt: number} {
  const path = makeSmallDisc(scratchDirectory())
  return {path, bytes: readFileSync(path), recordAt: withDisc(path, (disc) => disc.find(menu)?.recordAt ?? 0)}
}

fact.each<[string, (record: Buffer) => void]>([
  ['a place in one byte order and another one in the other', (record) => record.writeUInt32LE(1000, 2)],
  ['a size in one byte order and another one in the other', (record) => record.writeUInt32BE(1000, 14)],
  [
    'a place behind the end',
    (record) => {
      record.writeUInt32LE(0x7fffffff, 2)
      record.writeUInt32BE(0x7fffffff, 6)
    },
  ],
  [
    'a size that reaches behind the end',
    (record) => {
      record.writeUInt32LE(0xfffffff0, 10)
      record.writeUInt32BE(0xfffffff0, 14)
    },
  ],
  ['a length that is shorter than a record', (record) => record.writeUInt8(20, 0)],
  ['a name that is longer than the record', (record) => record.writeUInt8(250, 32)],
  ['a name without a letter', (record) => record.writeUInt8(0, 32)],
])('a directory record with %s is damage, and is refused with its place', (_, damage) => {
  const {path, bytes, recordAt} = makeDisc()
  damage(bytes.subarray(recordAt))
  writeFileSync(path, bytes)

  expect(() => withDisc(path, (disc) => disc.find(menu))).toThrow(
    expect.objectContaining({code: 'ARTIFACT_INVALID', message: `${path} is damaged at byte ${recordAt}`}),
  )
})

fact('a directory that is not at its place is refused', () => {
  const {path, bytes, recordAt} = makeDisc()
  const start = recordAt - (recordAt % 2048)
  bytes.fill(0, start, start + 2048)
  writeFileSync(path, bytes)

  expect(() => withDisc(path, (disc) => disc.find(menu))).toThrow(/is damaged at byte/)
})

fact('whatever byte of a directory is damaged, a disc is read or refused', () => {
  const {path, bytes, recordAt} = makeDisc()
  const start = recordAt - (recordAt % 2048)
  for (let at = start; at < recordAt + 200; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ 0xff
    writeFileSync(path, damaged)
    try {
      withDisc(path, (disc) => disc.read(disc.find(menu) ?? {lba: 0, sizeBytes: 0}))
    } catch (error) {
      expect(error).toBeInstanceOf(HaosError)
    }
  }
})
