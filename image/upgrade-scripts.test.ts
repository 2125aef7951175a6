import {spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Cluster, deriveIdentity} from '#dsl'
import {scratchDirectory} from '../test/scratch.ts'
import {serveFromProcess} from '../test/served-from-process.ts'
import {upgradeScripts} from './upgrade-scripts.ts'

const text = (path: string) => readFileSync(join(import.meta.dirname, '../runtime', path), 'utf8')
const scripts = {stage0: '', localInit: '', install: '', update: '', deprecatedUpgrade: text('upgrade/deprecated.sh')}

/** Runs a script on a node, whose `upgrade` prints its arguments. */
function run(
  name: string,
  args: readonly string[] = [],
  {
    releases,
    channel,
    mode = 'disk',
    env = {},
  }: {releases?: string; channel?: string; mode?: string; env?: Record<string, string>} = {},
) {
  const root = scratchDirectory()
  const product = name.split('-')[0] ?? ''
  const identity = deriveIdentity(product, {runDir: root})
  const image = {
    ...{identity, ...(releases !== undefined && {releases})},
    ...(channel !== undefined && {cluster: Cluster.parse({image: 'registry.example.com/haos', channel})}),
  }
  const nodes = upgradeScripts(image, scripts)
  const node = nodes.find(({path}) => path === `/usr/share/rancher/${product}/scripts/${name}`)
  if (node?.type !== 'file' || !('text' in node.content)) throw new Error(`there is no ${name}`)
  mkdirSync(join(root, 'bin'))
  const put = (path: string, content: string) => {
    writeFileSync(join(root, path), content)
    chmodSync(join(root, path), 0o755)
  }
  put(name, node.content.text)
  put('mode', `${mode}\n`)
  put(`bin/${product}`, `#!/bin/sh\necho ${product} "$@"\n`)
  put('bin/uname', '#!/bin/sh\necho aarch64\n')
  const {stdout, stderr, status} = spawnSync(join(root, name), args, {
    env: {PATH: `${root}/bin:${process.env['PATH']}`, ...env},
    encoding: 'utf8',
  })
  return {stdout, stderr, status}
}

const releases = 'https://images.example.com/{version}/haos-{version}-{arch}.iso'

test.each([
  ['haos-upgrade-rootfs', 'haos upgrade --rootfs --source /dev/sdb\n'],
  ['haos-upgrade-kernel', 'haos upgrade --kernel --source /dev/sdb\n'],
  ['rke2os-upgrade-rootfs', 'rke2os upgrade --rootfs --source /dev/sdb\n'],
])('%s calls the upgrade of the node, and says that it is deprecated', (name, stdout) => {
  expect(run(name, ['/dev/sdb'])).toEqual({
    stdout,
    stderr: expect.stringContaining(`${name} is deprecated`),
    status: 0,
  })
})

test('a version in the environment is fetched from the address in the recipe, and without one the latest', () => {
  const of = (env: Record<string, string>) => run('haos-upgrade-rootfs', [], {releases, env}).stdout.split(' ').at(-1)

  expect(of({HAOS_VERSION: 'v1.2+3'})).toBe('https://images.example.com/v1.2+3/haos-v1.2+3-arm64.iso\n')
  expect(of({})).toBe('https://images.example.com/latest/haos-latest-arm64.iso\n')
})

test('the latest version is the one that the channel of the recipe names', async () => {
  const {plain} = await serveFromProcess()
  const of = (path: string, env = {}) => run('haos-upgrade-rootfs', [], {releases, channel: `${plain}${path}`, env})

  expect(of('/to-plain').stdout).toBe(
    'haos upgrade --rootfs --source https://images.example.com/hello/haos-hello-arm64.iso\n',
  )
  expect(of('/to-plain', {HAOS_VERSION: '1.0'}).stdout).toContain('haos-1.0-arm64.iso')
  expect(of('/hello')).toEqual({
    stdout: '',
    stderr: expect.stringContaining(
      `the channel ${plain}/hello names no version: it answers with status 200 instead of 302`,
    ),
    status: 1,
  })
})

test.each([
  ['names no address', undefined, '1.0', 'names no address of releases'],
  ['is asked for no version', releases, '1.0/../x', 'is not a version'],
])('an image that %s upgrades nothing', (_, address, version, reason) => {
  const result = run('haos-upgrade-rootfs', [], {
    ...(address !== undefined && {releases: address}),
    env: {HAOS_VERSION: version},
  })
  expect(result).toEqual({stdout: '', stderr: expect.stringContaining(reason), status: 1})
})

test("a system over another one keeps that one's kernel, and the script fails as the original's does", () => {
  expect(run('haos-upgrade-kernel', ['/dev/sdb'], {mode: 'local'})).toEqual({
    stdout: '',
    stderr: expect.stringContaining('kernel of another one, which is not changed'),
    status: 1,
  })
  expect(run('haos-upgrade-rootfs', ['/dev/sdb'], {mode: 'local'}).stdout).toContain('--rootfs')
})

test("HAOS has the scripts under the names of k3OS' too", () => {
  const links = (name: string) =>
    upgradeScripts({identity: deriveIdentity(name)}, scripts).flatMap((node) =>
      node.type === 'symlink' ? [`${node.path} -> ${node.target}`] : [],
    )

  expect(links('haos')[0]).toBe(
    '/usr/share/rancher/k3os/scripts/k3os-upgrade-rootfs -> /usr/share/rancher/haos/scripts/haos-upgrade-rootfs',
  )
  expect(links('rke2os')).toEqual([])
})
