import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {parseElf} from '../../../formats/parse-elf.ts'
import {type TreeEntry, writeTree} from '../../../formats/tar/tree-archive.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {takePrograms} from './take-programs.ts'

const host = '/usr/sbin/blkid'
const linker = existsSync(host) ? parseElf(readFileSync(host))?.interpreter : undefined
const file = (path: string, from: string): TreeEntry => ({
  path,
  type: 'file',
  mode: 0o755,
  uid: 0,
  gid: 0,
  content: {bytes: readFileSync(from)},
})

test.skipIf(linker === undefined)(
  `a program taken from a tree runs with only the files taken with it (${linker ?? 'no dynamic blkid'})`,
  async () => {
    const scratch = scratchDirectory()
    const libraries = execFileSync('ldd', [host], {encoding: 'utf8'})
    const real = [...libraries.matchAll(/=> (\/\S+)/g)].map(([, path = '']) => path)
    const entries: TreeEntry[] = [
      file('/usr/sbin/blkid', realpathSync(host)),
      // As in distributions: the requested name is a symlink.
      ...real.flatMap((path): TreeEntry[] => [
        file(`/usr/lib/here/${path.split('/').at(-1)}.real`, realpathSync(path)),
        {
          path: `/usr/lib/here/${path.split('/').at(-1)}`,
          type: 'symlink',
          target: `${path.split('/').at(-1)}.real`,
          mode: 0o777,
          uid: 0,
          gid: 0,
        },
      ]),
      file(`/usr${linker}`, realpathSync(linker ?? '')),
      file('/usr/share/other', realpathSync(host)),
    ]
    const tree = join(scratch, 'tree.tar')
    await writeTree(tree, entries, {epoch: 0})

    const root = join(scratch, 'root')
    const taken = await takePrograms(tree, ['/usr/sbin/blkid', '/usr/sbin/absent'])
    for (const {path, content} of taken) {
      mkdirSync(dirname(join(root, path)), {recursive: true})
      if (content && 'bytes' in content) writeFileSync(join(root, path), content.bytes)
      chmodSync(join(root, path), 0o755)
    }
    symlinkSync('.', join(root, 'usr'))

    expect(taken.map(({path}) => path)).toContain('/sbin/blkid')
    expect(taken.map(({path}) => path)).not.toContain('/usr/share/other')
    const run = [`${root}${linker}`, '--library-path', `${root}/lib`, `${root}/sbin/blkid`, '--version'] as const
    expect(execFileSync(run[0], run.slice(1), {encoding: 'utf8'})).toContain('blkid')
  },
)

test('a file that is not an ELF program has no dependencies', () => {
  expect(parseElf(Buffer.from(`#!/bin/sh\n${' '.repeat(80)}`))).toBeUndefined()
})
