import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {debian, defineImage, file, sysctl} from '#dsl'
import {readTree, type TreeEntry, writeTree} from '#formats'
import {loadOverlays} from '../image/overlay/load-overlays.ts'
import {systemTree} from '../image/steps/system/system-tree.ts'
import {treeIndex} from '../image/steps/system/tree-index.ts'
import {systemParts} from '../image/system-parts.ts'
import {runStep} from '../test/run-step.ts'
import {scratchDirectory} from '../test/scratch.ts'
import {base} from './base.ts'

const owned = {mode: 0o755, uid: 0, gid: 0}
const text = (path: string, content: string): TreeEntry => ({
  path,
  type: 'file',
  content: {bytes: Buffer.from(content)},
  ...owned,
})

/** The files of the packages of `base` that this test needs. */
const packages: readonly TreeEntry[] = [
  ...['busybox', 'bash', 'dbus-daemon'].map((name) => text(`/usr/bin/${name}`, '')),
  ...['openrc-run', 'connmand', 'sshd'].map((name) => text(`/usr/sbin/${name}`, '')),
  {path: '/bin', type: 'symlink', target: 'usr/bin', ...owned},
  {path: '/sbin', type: 'symlink', target: 'usr/sbin', ...owned},
  text('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n'),
  text('/etc/group', 'root:x:0:\nsudo:x:27:\nadm:x:4:\n'),
  text('/etc/shadow', 'root:*:1:0:99999:7:::\n'),
]

/** Symlinks to busybox in the system layer above packages that contain these entries, too. */
async function busyboxLinks(...more: readonly TreeEntry[]): Promise<string[]> {
  const scratch = scratchDirectory()
  const [tree, runtime] = [join(scratch, 'packages'), join(scratch, 'runtime')]
  await writeTree(tree, [...packages, ...more], {epoch: 0})
  writeFileSync(runtime, '')
  const image = defineImage({name: 'x', version: '1', base: debian(), parts: [base()]})
  const {spec} = await loadOverlays(image.resolve({set: {}}), scratch)
  const index = await runStep(treeIndex, {tree}, {})
  const options = {...systemParts(spec, []), filePaths: []}
  const paths: string[] = []
  for await (const {path, target} of readTree(await runStep(systemTree, {index, runtime, files: []}, options)))
    if (target === 'busybox') paths.push(path)
  return paths
}

test('programs of requested packages are not hidden by symlinks to busybox', async () => {
  const alone = await busyboxLinks()
  const beside = await busyboxLinks(
    text('/usr/bin/wget', ''),
    text('/usr/bin/ping', ''),
    text('/usr/sbin/arping', ''),
    {path: '/usr/bin/nc', type: 'symlink', target: '/etc/alternatives/nc', ...owned},
    {path: '/etc/alternatives/nc', type: 'symlink', target: '/usr/bin/nc.openbsd', ...owned},
    text('/usr/bin/nc.openbsd', ''),
  )

  expect(alone).toEqual(expect.arrayContaining(['arping', 'nc', 'ping', 'wget'].map((name) => `/usr/bin/${name}`)))
  expect(beside).toEqual(alone.filter((path) => !/\/(?:arping|nc|ping|wget)$/.test(path)))
})

test('files of a recipe override those of base in any order', async () => {
  const own = file('/etc/motd', {text: 'mine\n'})
  for (const parts of [
    [own, base()],
    [base(), own],
  ]) {
    const image = defineImage({name: 'x', version: '1', base: debian(), parts})
    const {spec} = await loadOverlays(image.resolve({set: {}}), scratchDirectory())
    const found = systemParts(spec, []).nodes.filter(({node}) => node.path === '/etc/motd')

    expect(found).toMatchObject([{node: {content: {text: 'mine\n'}}}])
  }
})

test('kernel parameters of a recipe win over those of base', async () => {
  const parts = [sysctl({'kernel.panic': '0', 'fs.protected_regular': '1'}), base()]
  const image = defineImage({name: 'x', version: '1', base: debian(), parts})
  const {spec} = await loadOverlays(image.resolve({set: {}}), scratchDirectory())
  const values = new Map<string, string>()
  // In the order in which the node reads them, the last value counts (sysctl.d(5)).
  for (const {node} of systemParts(spec, []).nodes.toSorted((a, b) => (a.node.path < b.node.path ? -1 : 1))) {
    if (node.type !== 'file' || !node.path.startsWith('/etc/sysctl.d/') || !('text' in node.content)) continue
    for (const [, key = '', value = ''] of node.content.text.matchAll(/^-?([\w.]+) = (.*)$/gm)) values.set(key, value)
  }

  expect(Object.fromEntries(values)).toMatchObject({
    'kernel.panic': '0',
    'kernel.panic_on_oops': '1',
    'fs.protected_regular': '1',
  })
})
