import {execFileSync} from 'node:child_process'
import {readFileSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {readTree, writeTree} from '../../../formats/tar/tree-archive.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {kernelFiles} from './kernel-files.ts'

const attributes = {mode: 0o644, uid: 0, gid: 0}
const options = {kernelVersion: '7.1', more: []}

/** A kernel, and a tar archive of modules. */
async function makeInputs() {
  const directory = scratchDirectory()
  const [kernel, modules] = [join(directory, 'kernel'), join(directory, 'modules.tar')]
  writeFileSync(kernel, 'kernel')
  const file = (path: string) =>
    ({path, type: 'file', ...attributes, content: {bytes: Buffer.from('module '.repeat(10_000))}}) as const
  await writeTree(
    modules,
    [
      file('/lib/modules/7.1/kernel/a.ko'),
      file('/tree/lib/modules/7.1/kernel/b.ko'),
      file('/lib/modules/7.2/kernel/c.ko'),
      file('/etc/passwd'),
      {path: '/lib/modules/7.1/build', type: 'symlink', target: '/home/someone/linux', ...attributes},
    ],
    {epoch: 0},
  )
  return {kernel, modules, more: []}
}

test('only the modules of the release are taken, without links to the machine that compiled it', async () => {
  const paths: string[] = []
  for await (const {path, type} of readTree(await runStep(kernelFiles, await makeInputs(), options)))
    if (type !== 'directory') paths.push(path)

  expect(paths.sort()).toEqual([
    '/boot/vmlinuz-7.1',
    '/usr/lib/modules/7.1/kernel/a.ko',
    '/usr/lib/modules/7.1/kernel/b.ko',
  ])
})

test.for(['gzip', 'xz', 'zstd'])('an archive of modules that %s cannot decompress is refused', async (program) => {
  const inputs = await makeInputs()
  const packed = execFileSync(program, ['--stdout', inputs.modules])
  writeFileSync(inputs.modules, packed)
  truncateSync(inputs.modules, packed.length - 20)

  await expect(runStep(kernelFiles, inputs, options)).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    details: {at: 'kernel.from.modules'},
  })
  expect(readFileSync(inputs.modules)).toHaveLength(packed.length - 20)
})
