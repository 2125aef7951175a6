import {expect, test} from 'vitest'
import type {DescribedKernel} from '#image'
import {renderKernelInfo} from './render-kernel-info.ts'

const kernel: DescribedKernel = {
  image: 'tiny',
  arch: 'amd64',
  version: '7.1',
  users: [],
  findings: [],
  options: {HZ: '250', VXLAN: 'm', WIREGUARD: 'n', NET_NS: 'y'},
  modules: [{path: 'kernel/a.ko', sizeBytes: 1500}],
  directories: [{path: 'fs', modules: 1, sizeBytes: 1500}],
  included: {modules: 1, sizeBytes: 1500},
  omitted: {modules: 2, sizeBytes: 10},
  firmware: {modules: 1, files: 2, missing: [{module: 'kernel/a.ko', files: ['a.bin\n✓ \x1b[31mforged']}]},
}

test('a kernel is shown in a few lines: counts of options, directories, sums', () => {
  expect(renderKernelInfo(kernel, {all: false, options: false})).toEqual([
    'kernel 7.1 of tiny (amd64)',
    '  options that Kubernetes and its workloads need: 1 built in, 1 modules, 1 off: WIREGUARD',
    '  modules: 1 module, 1.5 kB; kernel.omit leaves out 2 modules, 10 B',
    '     1.5 kB     1  fs',
    '  firmware: 1 module asks for 2 files; the image lacks 1 of them (--all shows them)',
  ])
})

test('everything is shown on request, one line each, whatever a module says of itself', () => {
  expect(renderKernelInfo(kernel, {all: true, options: false})).toEqual([
    'kernel 7.1 of tiny (amd64)',
    '  CONFIG_HZ=250',
    '  CONFIG_VXLAN=m',
    '  # CONFIG_WIREGUARD is not set',
    '  CONFIG_NET_NS=y',
    '  modules: 1 module, 1.5 kB; kernel.omit leaves out 2 modules, 10 B',
    '     1.5 kB  kernel/a.ko',
    '  firmware: 1 module asks for 2 files; the image lacks 1 of them',
    '    kernel/a.ko',
    '      a.bin\\n✓ forged',
  ])
})
