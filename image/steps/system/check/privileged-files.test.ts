import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {type TreeEntry, writeTree} from '#formats'
import {runStep} from '../../../../test/run-step.ts'
import {scratchDirectory} from '../../../../test/scratch.ts'
import {whiteout} from '../stack-trees.ts'
import {treeIndex} from '../tree-index.ts'
import {privilegedFiles} from './privileged-files.ts'

const file = (path: string, mode: number, more: Partial<TreeEntry> = {}): TreeEntry => ({
  ...{path, type: 'file', mode, uid: 0, gid: 0, content: {bytes: Buffer.from('/.\n/usr/bin/sudo\n')}},
  ...more,
})

async function write(entries: readonly TreeEntry[]): Promise<string> {
  const path = join(scratchDirectory(), 'tree')
  await writeTree(path, entries, {epoch: 0})
  return path
}

test('setuid, setgid and capabilities are listed with who brings them, as the topmost layer leaves them', async () => {
  const packages = await write([
    file('/var/lib/dpkg/info/sudo.list', 0o644),
    file('/usr/bin/sudo', 0o4755),
    file('/usr/bin/removed', 0o4755),
    file('/usr/bin/changed', 0o4755),
    file('/usr/bin/writer', 0o2755, {gid: 5}),
    file('/usr/bin/locked', 0o2644, {gid: 5}),
    file('/usr/bin/ping', 0o755, {xattrs: {'security.capability': new Uint8Array(20)}}),
  ])
  const system = await write([whiteout('/usr/bin/removed'), file('/usr/bin/own', 0o6755, {uid: 7})])
  const scripts = await write([file('/usr/bin/changed', 0o755)])
  const index = await runStep(treeIndex, {tree: packages}, {})
  const output = await runStep(privilegedFiles, {index, layers: [system, scripts]}, {})

  expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual([
    {path: '/usr/bin/own', mode: '6755', uid: 7, gid: 0, from: 'the recipe'},
    {path: '/usr/bin/ping', mode: '0755', uid: 0, gid: 0, capabilities: true, from: 'a script of a package'},
    {path: '/usr/bin/sudo', mode: '4755', uid: 0, gid: 0, from: 'the package sudo'},
    {path: '/usr/bin/writer', mode: '2755', uid: 0, gid: 5, from: 'a script of a package'},
  ])
})
