import {closeSync, openSync, readFileSync, writeFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {HaosError} from '#dsl'
import {Toolbox} from '#engine'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallIso} from '../../test/small-iso.ts'
import {IsoImage} from './iso-image.ts'

const missing = (await new Toolbox().find({name: 'xorriso', purpose: '', package: 'xorriso', args: () => []}))
  ? undefined
  : 'xorriso is not installed'
if (missing !== undefined && process.env['CI']) throw new Error(missing)
const fact = test.skipIf(missing !== undefined)

const menu = '/boot/grub/grub.cfg'

/** Does something with an ISO that is opened. */
function withIso<Value>(path: string, work: (iso: IsoImage) => Value): Value {
  const fd = openSync(path, 'r')
  try {
    return work(IsoImage.open(fd, path))
  } finally {
    closeSync(fd)
  }
}

/** An ISO, and where the record of its menu lies. */
function makeIso(): {readonly path: string; readonly bytes: Buffer; readonly recordAt: number} {
  const path = makeSmallIso(scratchDirectory())
  return {path, bytes: readFileSync(path), recordAt: withIso(path, (iso) => iso.find(menu)?.recordAt ?? 0)}
}

fact.each<[string, (record: Buffer) => void]>([
  ['a location that differs between the two byte orders', (record) => record.writeUInt32LE(1000, 2)],
  ['a size that differs between the two byte orders', (record) => record.writeUInt32BE(1000, 14)],
  [
    'a location after the end',
    (record) => {
      record.writeUInt32LE(0x7fffffff, 2)
      record.writeUInt32BE(0x7fffffff, 6)
    },
  ],
  [
    'a size that extends past the end',
    (record) => {
      record.writeUInt32LE(0xfffffff0, 10)
      record.writeUInt32BE(0xfffffff0, 14)
    },
  ],
  ['a length that is shorter than a record', (record) => record.writeUInt8(20, 0)],
  ['a name that is longer than the record', (record) => record.writeUInt8(250, 32)],
  ['a name without a letter', (record) => record.writeUInt8(0, 32)],
])('a directory record with %s is refused with its offset', (_, damage) => {
  const {path, bytes, recordAt} = makeIso()
  damage(bytes.subarray(recordAt))
  writeFileSync(path, bytes)

  expect(() => withIso(path, (iso) => iso.find(menu))).toThrow(
    expect.objectContaining({code: 'ARTIFACT_INVALID', message: `${path} is damaged at byte ${recordAt}`}),
  )
})

fact('a directory without its own record is refused', () => {
  const {path, bytes, recordAt} = makeIso()
  const start = recordAt - (recordAt % 2048)
  bytes.fill(0, start, start + 2048)
  writeFileSync(path, bytes)

  expect(() => withIso(path, (iso) => iso.find(menu))).toThrow(/is damaged at byte/)
})

fact('whatever byte of a directory is damaged, an ISO is read or refused', () => {
  const {path, bytes, recordAt} = makeIso()
  const start = recordAt - (recordAt % 2048)
  for (let at = start; at < recordAt + 200; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ 0xff
    writeFileSync(path, damaged)
    try {
      withIso(path, (iso) => iso.read(iso.find(menu) ?? {lba: 0, sizeBytes: 0}))
    } catch (error) {
      expect(error).toBeInstanceOf(HaosError)
    }
  }
})
