import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeTree} from '../../../formats/tar/tree-archive.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {kernelTree} from './kernel-tree.ts'

test('a module that the kernel does not have is refused, one that is built in is not', async () => {
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
