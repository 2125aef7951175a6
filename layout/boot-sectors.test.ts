import {expect, test} from 'vitest'
import {grubCore, withGrubBootCode, withoutBootCode} from './boot-sectors.ts'

const sector = new Uint8Array(512).map((_, index) => index % 251)
const bootImage = new Uint8Array(512).fill(0x77)

test('the partition table of a disk survives both kinds of boot code', () => {
  for (const changed of [withoutBootCode(sector), withGrubBootCode(sector, bootImage, 2 ** 20)])
    expect(changed.subarray(0x1b8, 510)).toEqual(sector.subarray(0x1b8, 510))
  expect([...withoutBootCode(sector).subarray(510)]).toEqual([0x55, 0xaa])
})

test('the boot sector has the sector of the core image, and reads it from the booted drive', () => {
  const changed = withGrubBootCode(sector, bootImage, 2 ** 20)
  expect(new DataView(changed.buffer).getBigUint64(0x5c, true)).toBe(2048n)
  expect([...changed.subarray(0x64, 0x68)]).toEqual([0xff, 0x77, 0x90, 0x90])
})

test('the core image has the location of its other sectors, and fills whole sectors', () => {
  const core = grubCore.placedAt(new Uint8Array(1300).fill(1), 2 ** 20, 'haos')
  const view = new DataView(core.buffer)
  expect(core).toHaveLength(2048)
  expect(view.getBigUint64(500, true)).toBe(2049n)
  expect(view.getUint16(508, true)).toBe(3)
  expect(view.getUint16(510, true)).toBe(0x820)
})

test('a core image is told from one of another product, and from one that another system has written', () => {
  const core = grubCore.placedAt(new Uint8Array(1300).fill(1), 2 ** 20, 'haos')
  const space = new Uint8Array(8192)
  space.set(core)
  expect(grubCore.ownIn(space, 'haos')).toEqual(core)
  expect(grubCore.ownIn(space, 'rke2os')).toBeUndefined()
  expect(grubCore.ownIn(space.fill(1, 1536), 'haos')).toBeUndefined()
  expect(grubCore.ownIn(core.subarray(0, 1024), 'haos')).toBeUndefined()
})

test('a new core image does not go over the one that the boot sector leads to, as long as there is room for both', () => {
  const room = {startBytes: 2 ** 20, maxBytes: 2 ** 20}
  const half = 1.5 * 2 ** 20
  const sectorWith = (place: number) => withGrubBootCode(sector, bootImage, place)

  expect(grubCore.placeOfNew(withoutBootCode(sector), room, 300_000)).toBe(2 ** 20)
  expect(grubCore.placeOfNew(sectorWith(2 ** 20), room, 300_000)).toBe(half)
  expect(grubCore.placeOfNew(sectorWith(half), room, 300_000)).toBe(2 ** 20)
  expect(grubCore.placeOfNew(sectorWith(2 ** 20), room, 600_000)).toBe(2 ** 20)
  expect(grubCore.placeOfNew(sectorWith(512), {startBytes: 512, maxBytes: 2 ** 20 - 512}, 300_000)).toBe(2 ** 19)
})
