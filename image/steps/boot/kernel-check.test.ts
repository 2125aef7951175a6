import {writeFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeTree} from '../../../formats/tar/tree-archive.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {kernelCheck} from './kernel-check.ts'
import {kernelFacts} from './kernel-facts.ts'

/** The record of a kernel 6.1 whose packages contain these files. */
async function factsOf(files: Readonly<Record<string, string>>): Promise<string> {
  const packages = join(scratchDirectory(), 'packages.tar')
  const entries = Object.entries(files).map(
    ([path, text]) => ({path, type: 'file', mode: 0o644, uid: 0, gid: 0, content: {bytes: Buffer.from(text)}}) as const,
  )
  await writeTree(packages, entries, {epoch: 0})
  return runStep(kernelFacts, {packages}, {kernelVersion: '6.1'})
}

test("a kernel's configuration and modules are read from its packages, those of another kernel are not", async () => {
  const facts = await factsOf({
    '/boot/config-6.1': 'CONFIG_VXLAN=m\n',
    '/boot/config-6.2': 'CONFIG_VXLAN=y\n',
    '/usr/lib/modules/6.1/kernel/drivers/net/vxlan.ko.xz': 'four',
    '/lib/modules/6.1/kernel/a.ko': '',
    '/lib/modules/6.1/modules.builtin': 'kernel/fs/ext4.ko\n',
    '/lib/modules/6.2/kernel/b.ko': '',
  })
  expect(JSON.parse(await readFile(facts, 'utf8'))).toEqual({
    version: '6.1',
    config: 'CONFIG_VXLAN=m\n',
    modules: [
      {path: 'kernel/a.ko', sizeBytes: 0},
      {path: 'kernel/drivers/net/vxlan.ko.xz', sizeBytes: 4},
    ],
    builtin: ['kernel/fs/ext4.ko'],
  })
})

test('an image is not built with a kernel that lacks what is required; what is recommended is listed', async () => {
  const facts = await factsOf({'/boot/config-6.1': 'CONFIG_VXLAN=m\n', '/lib/modules/6.1/kernel/vxlan.ko': ''})
  const check = (options: object) => runStep(kernelCheck, {facts}, {users: [], omit: [], mayLack: [], ...options})

  await expect(check({users: ['flannel'], omit: ['vxlan.ko']})).rejects.toMatchObject({
    code: 'IMAGE_UNSOUND',
    message: 'the kernel 6.1 lacks what the image requires',
    details: {at: 'kernel', problems: [{path: 'kernel.omit'}]},
  })
  await expect(check({users: ['wireguard']})).rejects.toMatchObject({
    details: {problems: [{path: 'CONFIG_WIREGUARD', hint: expect.stringMatching(/CONFIG_WIREGUARD/)}]},
  })
  expect(JSON.parse(await readFile(await check({users: ['flannel']}), 'utf8'))).toEqual([])
})

test('a file that is not a record of a kernel is refused', async () => {
  const facts = join(scratchDirectory(), 'facts')
  writeFileSync(facts, '{}')
  await expect(runStep(kernelCheck, {facts}, {users: [], omit: [], mayLack: []})).rejects.toThrow()
})
