import {expect, test} from 'vitest'
import {describeKernel} from './describe-kernel.ts'

const record = {
  version: '6.99',
  config: 'CONFIG_VXLAN=m\nCONFIG_NET_NS=y\n',
  modules: [
    {path: 'kernel/drivers/net/vxlan/vxlan.ko.xz', sizeBytes: 30},
    {path: 'kernel/drivers/net/dummy.ko.xz', sizeBytes: 10},
    {path: 'kernel/fs/ext4/ext4.ko.xz', sizeBytes: 50},
    {path: 'kernel/sound/soundcore.ko.xz', sizeBytes: 7},
  ],
  builtin: [],
}

const firmware = {
  asked: [
    {module: 'kernel/drivers/net/dummy.ko.xz', files: ['a.bin', 'b.bin']},
    {module: 'kernel/fs/ext4/ext4.ko.xz', files: ['a.bin']},
  ],
  files: ['b.bin'],
  links: [],
}
const demands = {users: [], omit: [], mayLack: []}

test('a kernel is described as the image has it: modules by directory, the largest first, and what is left out', () => {
  const info = describeKernel(record, {demands: {users: ['flannel'], omit: ['sound'], mayLack: []}, firmware})
  expect(info).toMatchObject({
    version: '6.99',
    findings: [],
    modules: [{sizeBytes: 50}, {sizeBytes: 30}, {sizeBytes: 10}],
    directories: [
      {path: 'fs/ext4', modules: 1, sizeBytes: 50},
      {path: 'drivers/net', modules: 2, sizeBytes: 40},
    ],
    included: {modules: 3, sizeBytes: 90},
    omitted: {modules: 1, sizeBytes: 7},
    firmware: {
      modules: 2,
      files: 2,
      missing: [
        {module: 'kernel/drivers/net/dummy.ko.xz', files: ['a.bin']},
        {module: 'kernel/fs/ext4/ext4.ko.xz', files: ['a.bin']},
      ],
    },
  })
  expect(info.options).toMatchObject({VXLAN: 'm', NET_NS: 'y', WIREGUARD: 'n'})
})

test('without a configuration, a kernel has no known options', () => {
  const {config: _, ...unconfigured} = record
  expect(describeKernel(unconfigured, {demands, firmware})).not.toHaveProperty('options')
})

test('a query shows the named options, also those that are off, and those that a glob matches', () => {
  const optionsOf = (...query: string[]) => describeKernel(record, {demands, firmware, query}).options
  expect(optionsOf('CONFIG_VXLAN', 'HZ')).toEqual({VXLAN: 'm', HZ: 'n'})
  expect(optionsOf('NET_*')).toEqual({NET_NS: 'y'})
  expect(optionsOf('XYZ*')).toEqual({})
})
