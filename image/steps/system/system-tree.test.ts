import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {digestOfBytes} from '../../../engine/store/digest.ts'
import {readContent, readTree, type TreeEntry, writeTree} from '../../../formats/tar/tree-archive.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {systemTree} from './system-tree.ts'
import {treeIndex} from './tree-index.ts'

const owned = {mode: 0o755, uid: 0, gid: 0}
const directory = (path: string): TreeEntry => ({path, type: 'directory', ...owned})
const link = (path: string, target: string): TreeEntry => ({path, type: 'symlink', target, ...owned})
const text = (path: string, content: string): TreeEntry => ({
  path,
  type: 'file',
  content: {bytes: Buffer.from(content)},
  ...owned,
})

/** Packages of a distribution whose /bin and /lib are symlinks, one of them through another. */
const packages = [
  directory('/usr/bin'),
  {...directory('/usr/lib'), mode: 0o775},
  text('/usr/bin/sh', 'shell'),
  text('/etc/hosts', 'hosts'),
  link('/bin', 'usr/bin'),
  link('/lib', '/lib64'),
  link('/lib64', './usr/../usr/lib'),
  link('/out', '../../srv'),
  link('/round', 'about'),
  link('/about', 'round'),
]

interface Written {
  readonly path: string
  readonly type?: 'file' | 'directory' | 'symlink'
  readonly replace?: boolean
  readonly keep?: boolean
}

/** The tree above these packages with the given paths, as `path type content-or-mode`. */
async function built(written: readonly Written[]): Promise<string[]> {
  const scratch = scratchDirectory()
  const [tree, runtime] = [join(scratch, 'packages.tar'), join(scratch, 'runtime')]
  await writeTree(tree, packages, {epoch: 0})
  await writeFile(runtime, 'runtime')
  const index = await runStep(treeIndex, {tree}, {})
  const nodes = written.map(({path, type = 'file', replace = false, keep = false}) => ({
    node: {
      path,
      type,
      uid: 0,
      gid: 0,
      ...(type === 'symlink' ? {target: '/tmp/x'} : {mode: type === 'directory' ? '0755' : '0644'}),
      ...(type === 'file' && {content: {text: path}}),
    },
    replace,
    keep,
  }))
  const options = {nodes, users: [], groups: [], runtimePath: '/usr/bin/haos', filePaths: []}
  const lines: string[] = []
  for await (const {path, type, mode, content} of readTree(
    await runStep(systemTree, {index, runtime, files: []}, options),
  )) {
    const inside = content === undefined ? mode.toString(8) : Buffer.from(await readContent(content)).toString()
    lines.push(`${path} ${type} ${inside}`)
  }
  return lines
}

const conflictOf = (written: readonly Written[]) =>
  built(written).then(
    () => undefined,
    ({code, details}) => ({code, problems: details.problems}),
  )

test('a file below a symlink of the packages is written to its target, and the symlink stays', async () => {
  expect(await built([{path: '/bin/foo'}, {path: '/lib/x/y'}])).toEqual([
    '/ directory 755',
    '/usr directory 755',
    '/usr/bin directory 755',
    '/usr/bin/foo file /bin/foo',
    '/usr/bin/haos file runtime',
    '/usr/lib directory 775',
    '/usr/lib/x directory 755',
    '/usr/lib/x/y file /lib/x/y',
  ])
})

test('a directory that replaces a symlink of the packages contains the files below it', async () => {
  const tree = await built([{path: '/bin', type: 'directory', replace: true}, {path: '/bin/foo'}])

  expect(tree).toEqual(expect.arrayContaining(['/bin directory 755', '/bin/foo file /bin/foo']))
})

test('an empty directory of an overlay does not change one of the packages, even behind a symlink', async () => {
  const empty = ['/usr/lib', '/bin', '/srv/new'].map((path): Written => ({path, type: 'directory', keep: true}))
  const tree = await built([...empty, {path: '/usr/lib/x'}])

  expect(tree).toEqual(expect.arrayContaining(['/usr/lib directory 775', '/srv/new directory 755']))
  expect(tree.some((line) => line.startsWith('/bin '))).toBe(false)
})

test('a symlink that gives way is made only if no package has a program of its name in any directory', async () => {
  const links = ['/usr/bin/sh', '/bin/sh', '/usr/sbin/sh', '/etc/hosts', '/usr/bin/less'].map(
    (path): Written => ({path, type: 'symlink', keep: true}),
  )
  const own = [{path: '/usr/sbin/vi'}, {path: '/usr/bin/vi', type: 'symlink', keep: true} as const]
  const paths = (await built([...links, ...own]))
    .filter((line) => line.includes('symlink'))
    .map((line) => line.split(' ')[0])

  expect(paths).toEqual(['/usr/bin/less'])
})

test('a directory by two names is one directory', async () => {
  const names = ['/bin/foo', '/usr/bin/foo'].map((path): Written => ({path, type: 'directory'}))

  expect(await built(names)).toContain('/usr/bin/foo directory 755')
})

test("a file of the packages is found behind the symlink in the recipe's path", async () => {
  expect(await conflictOf([{path: '/bin/sh'}])).toMatchObject({
    code: 'PATH_CONFLICT',
    problems: [{path: '/usr/bin/sh'}],
  })
  expect(await built([{path: '/bin/sh', replace: true}])).toContain('/usr/bin/sh file /bin/sh')
})

test.each<[string, Written[], string]>([
  ['below a symlink that leads out', [{path: '/out/x'}], '/out/x'],
  ['below a symlink loop', [{path: '/round/x'}], '/round/x'],
  ['below a file of the packages', [{path: '/etc/hosts/x'}], '/etc/hosts/x'],
  ['below a file of the recipe', [{path: '/a'}, {path: '/a/b'}], '/a'],
  ['below a symlink of the recipe', [{path: '/a', type: 'symlink'}, {path: '/a/b'}], '/a'],
  ['in place of a directory that the node needs', [{path: '/usr', replace: true}], '/usr'],
  ['by two names', [{path: '/bin/foo'}, {path: '/usr/bin/foo'}], '/usr/bin/foo'],
  ["in place of the node's program", [{path: '/bin/haos', replace: true}], '/bin/haos'],
])('a file %s is a conflict that names it', async (_, written, path) => {
  expect(await conflictOf(written)).toMatchObject({
    code: 'PATH_CONFLICT',
    problems: [{path, hint: expect.any(String)}],
  })
})

test('a node that names a fetched file by its digest has its content', async () => {
  const scratch = scratchDirectory()
  const [tree, runtime, tool] = [join(scratch, 'packages.tar'), join(scratch, 'runtime'), join(scratch, 'tool')]
  await writeTree(tree, packages, {epoch: 0})
  await writeFile(runtime, 'runtime')
  await writeFile(tool, 'fetched')
  const sha256 = digestOfBytes('fetched')
  const node = {type: 'file', path: '/usr/bin/tool', mode: '0755', uid: 0, gid: 0, content: {sha256}}
  const output = await runStep(
    systemTree,
    {index: await runStep(treeIndex, {tree}, {}), runtime, files: [runtime, tool]},
    {
      nodes: [{node, replace: false}],
      users: [],
      groups: [],
      runtimePath: '/usr/bin/haos',
      filePaths: ['/usr/lib/loader'],
      fetched: [sha256],
    },
  )
  const found = new Map<string, TreeEntry>()
  for await (const entry of readTree(output)) found.set(entry.path, entry)
  const textAt = async (path: string) => {
    const content = found.get(path)?.content
    return content && Buffer.from(await readContent(content)).toString()
  }

  expect(await textAt('/usr/bin/tool')).toBe('fetched')
  expect(found.get('/usr/bin/tool')?.mode).toBe(0o755)
  expect(await textAt('/usr/lib/loader')).toBe('runtime')
})
