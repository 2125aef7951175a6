import {expect, test} from 'vitest'
import {checkOutputName, formatOfName} from './output-name.ts'

test.each([
  ['disk', 'haos.raw', 'node.ova'],
  ['disk', 'haos.raw', 'node.vhdx'],
  ['disk', 'haos.qcow2', 'node.VDI'],
  ['disk', 'haos.qcow2', 'node.qcow2.gz'],
  ['disk', 'haos.qcow2', 'node.iso'],
  ['iso', 'haos.iso', 'node.qcow2'],
  ['iso', 'haos.iso', 'node.zip'],
  ['initrd', 'initrd', 'initrd.iso'],
] as const)('a new %s of %s is not written as %s', (kind, input, output) => {
  expect(() => checkOutputName(output, {input, kind})).toThrow(
    expect.objectContaining({code: 'USAGE_INVALID', details: expect.objectContaining({at: output})}),
  )
})

test.each([
  ['disk', 'haos.raw', 'node.qcow2'],
  ['disk', 'haos.raw', 'node-1.2.0'],
  ['disk', 'haos.raw', 'dir.d/node'],
  ['disk', 'haos.bin', 'node.bin'],
  ['iso', 'haos-0.1.0-amd64.iso', 'haos-0.1.0-amd64'],
  ['iso', 'haos.iso', 'node.img'],
  ['pxe', 'haos', 'node.example'],
] as const)('a new %s of %s is written as %s', (kind, input, output) => {
  expect(() => checkOutputName(output, {input, kind})).not.toThrow()
})

test('the format that a name implies does not depend on case', () => {
  expect(['a.IMG', 'a.raw', 'a.vhd', 'a', 'a.1'].map(formatOfName)).toEqual(['raw', 'raw', 'vhd', undefined, undefined])
})
