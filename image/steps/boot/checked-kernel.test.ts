import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {readContent, readTree, writeTree} from '../../../formats/tar/tree-archive.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {checkedKernel} from './checked-kernel.ts'

/** The start of a kernel for arm64: Documentation/arch/arm64/booting.rst. */
const armImage = Buffer.concat([Buffer.alloc(0x38), Buffer.from('ARMd'), Buffer.alloc(100)])

async function makeTree(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const tree = join(scratchDirectory(), 'tree.tar')
  const attributes = {type: 'file', mode: 0o644, uid: 0, gid: 0} as const
  const entries = Object.entries(files).map(([path, bytes]) => ({path, ...attributes, content: {bytes}}))
  await writeTree(tree, entries, {epoch: 0})
  return tree
}

const kernelOf = (image: Uint8Array) =>
  makeTree({'/boot/vmlinuz-7.1': image, '/usr/lib/modules/7.1/kernel/a.ko.xz': Buffer.from('module')})

test('a compressed kernel for arm64 becomes a plain one, and the firmware of packages is beside it', async () => {
  const firmware = await makeTree({'/usr/lib/firmware/a.bin': Buffer.from('firmware')})
  const inputs = {kernel: await kernelOf(gzipSync(armImage)), firmware: [firmware]}
  const output = await runStep(checkedKernel, inputs, {kernelVersion: '7.1', arch: 'arm64'})
  const found = new Map<string, Buffer>()
  for await (const {path, content} of readTree(output))
    if (content) found.set(path, Buffer.from(await readContent(content)))

  expect([...found.keys()].sort()).toEqual([
    '/boot/vmlinuz-7.1',
    '/usr/lib/firmware/a.bin',
    '/usr/lib/modules/7.1/kernel/a.ko.xz',
  ])
  expect(found.get('/boot/vmlinuz-7.1')).toEqual(armImage)
})

test.for([
  ['no kernel', Buffer.alloc(1024)],
  ['damaged', gzipSync(armImage).subarray(0, 20)],
] as const)('a kernel that is %s is refused', async ([, image]) => {
  const inputs = {kernel: await kernelOf(image), firmware: []}
  await expect(runStep(checkedKernel, inputs, {kernelVersion: '7.1', arch: 'arm64'})).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: 'the kernel 7.1 is not one for arm64',
    details: {hint: expect.stringContaining('that boot loaders start')},
  })
})
