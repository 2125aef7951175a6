import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {readTree, writeTree} from '../../../formats/tar/tree-archive.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {kernelTree} from './kernel-tree.ts'

test('a module that the kernel does not have is refused, but not one that is built in', async () => {
  const packages = join(scratchDirectory(), 'packages.tar')
  const file = (name: string, text: string) =>
    ({
      path: `/usr/lib/modules/6.1/${name}`,
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      content: {bytes: Buffer.from(text)},
    }) as const
  await writeTree(packages, [file('modules.builtin', 'kernel/fs/dummy.ko\n'), file('modules.order', '')], {epoch: 0})
  const built = (...named: string[]) =>
    runStep(kernelTree, {packages}, {kernelVersion: '6.1', omit: [], firmwareFiles: [], named})

  await expect(built('nope')).rejects.toMatchObject({
    code: 'RECIPE_INVALID',
    details: {problems: [{path: 'kernelModule nope'}]},
  })
  await expect(built('dummy')).resolves.toBeDefined()
})

test.for([
  ['leads out of the modules', ['kernel/../../../../../../../../../../haos-new.ko']],
  ['is below another one', ['kernel/a.ko', 'kernel/a.ko/b.ko']],
  ['has a line break in its name', ['kernel/a\nb.ko']],
] as const)('a module whose path %s is refused, and no file is written', async ([, names]) => {
  const packages = join(scratchDirectory(), 'packages.tar')
  const files = names.map((name) => ({
    path: `/usr/lib/modules/6.1/${name}`,
    type: 'file' as const,
    mode: 0o644,
    uid: 0,
    gid: 0,
    content: {bytes: Buffer.from('module')},
  }))
  await writeTree(packages, files, {epoch: 0})

  await expect(
    runStep(kernelTree, {packages}, {kernelVersion: '6.1', omit: [], firmwareFiles: [], named: []}),
  ).rejects.toMatchObject({code: 'PACKAGE_INVALID'})
  expect(existsSync('/haos-new.ko')).toBe(false)
})

test("the kernel's configuration stands beside its modules, that of another kernel does not", async () => {
  const packages = join(scratchDirectory(), 'packages.tar')
  const file = (path: string) =>
    ({path, type: 'file', mode: 0o600, uid: 0, gid: 0, content: {bytes: Buffer.from('CONFIG_CGROUPS=y\n')}}) as const
  const paths = ['/boot/config-6.1', '/boot/config-6.2', '/usr/lib/modules/6.1/modules.order']
  await writeTree(packages, paths.map(file), {epoch: 0})
  const options = {kernelVersion: '6.1', omit: [], firmwareFiles: [], named: []}
  const found: string[] = []
  for await (const {path} of readTree(await runStep(kernelTree, {packages}, options)))
    if (path.includes('config')) found.push(path)

  expect(found).toEqual(['/usr/lib/modules/6.1/config'])
})
