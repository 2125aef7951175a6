import {expect, test} from 'vitest'
import {parseDisk, parseSize} from './parse-size.ts'

test('units of sizes are powers of 1024 in every spelling', () => {
  expect(['512M', '0.5g', '512MiB', '512mb'].map(parseSize)).toEqual(Array(4).fill(512 * 2 ** 20))
})

test('a number without a unit is refused with an example', () => {
  expect(() => parseSize('512')).toThrow(
    expect.objectContaining({code: 'USAGE_INVALID', hint: expect.stringContaining('512M')}),
  )
  expect(() => parseSize('0G')).toThrow('"0G" is not a size')
})

test('a disk is a size, a file, or a file to create with a size', () => {
  expect(parseDisk('4G')).toEqual({sizeBytes: 2 ** 32})
  expect(parseDisk('out/disk.qcow2')).toEqual({file: 'out/disk.qcow2'})
  expect(parseDisk('C:/my disk.img:10M')).toEqual({file: 'C:/my disk.img', sizeBytes: 10 * 2 ** 20})
})
