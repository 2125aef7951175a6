import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {
  debian,
  defineImage,
  download,
  file,
  directory as makeDirectory,
  overlay,
  type PartList,
  symlink,
  user,
} from '#dsl'
import {nobody} from '../../test/as-nobody.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {systemParts} from '../system-parts.ts'
import {loadOverlays} from './load-overlays.ts'

/** A directory of a recipe whose overlay `ov` contains the given files. */
function recipeWith(...files: readonly string[]): string {
  const directory = scratchDirectory()
  for (const path of files) {
    mkdirSync(dirname(join(directory, 'ov', path)), {recursive: true})
    writeFileSync(join(directory, 'ov', path), path)
  }
  return directory
}

const load = (parts: readonly PartList[], directory: string) =>
  loadOverlays(defineImage({name: 'x', version: '1', base: debian(), parts}).resolve({set: {}}), directory)

const problemsOf = (parts: readonly PartList[], directory: string) =>
  load(parts, directory).then(
    () => [],
    ({code, details}) => {
      expect(code).toBe('RECIPE_INVALID')
      return details.problems
    },
  )

test('an overlay and another part that write one path are a problem, whichever comes first', async () => {
  const directory = recipeWith('etc/x')
  const written = file('/etc/x', {text: ''})

  expect(await problemsOf([written, overlay('ov')], directory)).toMatchObject([
    {path: "overlay('ov')", message: 'writes /etc/x, which file /etc/x writes too'},
  ])
  expect(await problemsOf([overlay('ov'), written], directory)).toMatchObject([{path: 'file /etc/x'}])
  expect(await problemsOf([written, overlay('ov', {replace: true})], directory)).toEqual([])
})

test("a file of an overlay below a link of the recipe, or in place of the node's program, is a problem", async () => {
  const directory = recipeWith('usr/local/x', 'usr/bin/haos')

  expect(await problemsOf([symlink('/usr/local', '../var/local'), overlay('ov', {replace: true})], directory)).toEqual([
    expect.objectContaining({path: "overlay('ov')", message: expect.stringContaining("the node's own program")}),
    expect.objectContaining({path: 'symlink /usr/local', hint: expect.stringContaining('(../var/local)')}),
  ])
})

test('a file that an image cannot contain is refused by its name', async () => {
  const directory = recipeWith('etc/x', 'etc/line\nbreak')
  execFileSync('mkfifo', [join(directory, 'ov/etc/pipe')])
  writeFileSync(Buffer.concat([Buffer.from(join(directory, 'ov/etc/')), Buffer.from([0xe4])]), '')
  const problems = await problemsOf([overlay('ov')], directory)

  expect(problems.map(({message}: {message: string}) => message).sort()).toEqual([
    'has a line break in its name',
    'has a name that is not UTF-8',
    'is a FIFO',
  ])
  expect(problems).toContainEqual(expect.objectContaining({path: join(directory, 'ov/etc/pipe')}))
})

/** Root reads everything. */
async function asOrdinaryUser<Value>(directory: string, work: () => Promise<Value>): Promise<Value> {
  if (process.getuid?.() !== 0) return work()
  execFileSync('chown', ['-R', String(nobody), directory])
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

test('a file of an overlay that cannot be read is refused by its name', async () => {
  const directory = recipeWith('etc/secret')
  chmodSync(join(directory, 'ov/etc/secret'), 0)

  expect(await asOrdinaryUser(directory, () => problemsOf([overlay('ov')], directory))).toMatchObject([
    {path: join(directory, 'ov/etc/secret'), message: 'cannot be read (EACCES)'},
  ])
})

/** Nodes of the overlay by path, as `mode` and names of attributes. */
async function modesOf(directory: string): Promise<Record<string, string>> {
  const {spec} = await load([overlay('ov')], directory)
  const nodes = spec.parts.flatMap((part) => (part.kind === 'node' ? [part.node] : []))
  return Object.fromEntries(
    nodes.map((node) => {
      const mode = 'mode' in node ? node.mode : node.type
      return [node.path, [mode, ...Object.keys(node.xattrs ?? {})].join(' ')]
    }),
  )
}

test('setuid, setgid and sticky of an overlay are kept, but not the effects of a umask', async () => {
  const modes = {'bin/suid': 0o4711, 'bin/sgid': 0o2755, 'bin/odd': 0o775, 'etc/private': 0o600}
  const directory = recipeWith(...Object.keys(modes))
  for (const [path, mode] of Object.entries(modes)) chmodSync(join(directory, 'ov', path), mode)
  const directories = {'ov/sticky': 0o1777, 'ov/bin': 0o775, 'ov/spool': 0o2770, 'ov/spool/inherited': 0o2770}
  for (const path of Object.keys(directories)) mkdirSync(join(directory, path), {recursive: true})
  writeFileSync(join(directory, 'ov/sticky/file'), '')
  writeFileSync(join(directory, 'ov/spool/inherited/file'), '')
  for (const [path, mode] of Object.entries(directories)) chmodSync(join(directory, path), mode)

  expect(await modesOf(directory)).toEqual({
    '/bin/suid': '4711',
    '/bin/sgid': '2755',
    '/bin/odd': '0755',
    '/etc/private': '0644',
    '/sticky': '1777',
    '/sticky/file': '0644',
    '/spool': '2770',
    '/spool/inherited/file': '0644',
  })
})

test('an overlay may contain more files than a process may have open', () => {
  const directory = recipeWith(...Array.from({length: 2000}, (_, index) => `usr/share/many/${index}`))
  const script = `
    import {Toolbox} from ${JSON.stringify(join(import.meta.dirname, '../../engine/toolbox/toolbox.ts'))}
    import {readOverlay} from ${JSON.stringify(join(import.meta.dirname, 'read-overlay.ts'))}
    const options = {origins: new Map(), toolbox: new Toolbox()}
    process.stdout.write(String((await readOverlay(process.argv[1], '', options)).length))`
  const words = ['--input-type=module', '-e', script, join(directory, 'ov')]
  const limited = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, ...words]

  expect(execFileSync('sh', limited, {encoding: 'utf8'})).toBe('2000')
})

test('an empty directory of an overlay is one of the image, unless another part has it', async () => {
  const directory = recipeWith('etc/x')
  mkdirSync(join(directory, 'ov/srv/empty'), {recursive: true})
  const {spec} = await load([makeDirectory('/srv/empty', {mode: '0700'}), overlay('ov', {at: '/opt'})], directory)
  const both = await load([makeDirectory('/srv/empty', {mode: '0700'}), overlay('ov')], directory)

  expect(spec.parts).toContainEqual(
    expect.objectContaining({keep: true, node: expect.objectContaining({type: 'directory', path: '/opt/srv/empty'})}),
  )
  expect(systemParts(both.spec, []).nodes).toContainEqual(
    expect.objectContaining({node: expect.objectContaining({path: '/srv/empty', mode: '0700'})}),
  )
})

test('a single file of the build machine gets its mode as in an overlay, unless the recipe sets one', async () => {
  const directory = recipeWith('motd', 'tool')
  chmodSync(join(directory, 'ov/tool'), 0o700)
  const {spec} = await load(
    [
      file('/etc/motd', {from: 'ov/motd', owner: 'root:adm'}),
      file('/usr/bin/tool', {from: new URL(`file://${directory}/ov/tool`)}),
      file('/etc/secret', {from: './ov/motd', mode: '0600', replace: true}),
    ],
    directory,
  )

  expect(spec.parts).toMatchObject([
    {kind: 'node', owner: 'root:adm', node: {path: '/etc/motd', mode: '0644', content: {text: 'motd'}}},
    {kind: 'node', node: {path: '/usr/bin/tool', mode: '0755', content: {text: 'tool'}}},
    {kind: 'node', replace: true, node: {path: '/etc/secret', mode: '0600', content: {text: 'motd'}}},
  ])
})

test('a single file that does not exist, or that another part writes, is a problem', async () => {
  const directory = recipeWith('motd')

  await expect(load([file('/etc/motd', {from: 'absent'})], directory)).rejects.toMatchObject({
    code: 'RECIPE_INVALID',
    message: `the file ${join(directory, 'absent')} cannot be read`,
    details: {at: "file('/etc/motd')"},
  })
  expect(() => load([file('/etc/x', {from: 'ov/motd'}), file('/etc/x', {text: ''})], directory)).toThrow('a problem')
})

test('a file to download is identified by its digest, and its URLs are not part of the image', async () => {
  const sha256 = 'a'.repeat(64)
  const url = ['https://one.example/tool', 'https://two.example/tool']
  const {spec, downloads} = await load(
    [file('/usr/bin/tool', {from: download({url, sha256}), mode: '0755'})],
    recipeWith(),
  )

  expect(spec.parts).toEqual([
    {kind: 'node', replace: false, node: expect.objectContaining({mode: '0755', content: {sha256}})},
  ])
  expect([...downloads]).toEqual([[sha256, url]])
  expect(() => load([file('/x', {from: download({url: 'ftp://x', sha256})})], recipeWith())).toThrow('a problem')
})

test('SSH keys of a user are in /etc, and the account has a password that nothing matches', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz0Cm6y3Vt9XkQ2r5yQm3eZbR8kPq1wL7nTfUoHdJ4s me'
  const specOf = (...keys: readonly string[]) =>
    defineImage({
      name: 'x',
      version: '1',
      base: debian(),
      parts: [user('me', {uid: 1001, sshKeys: keys}), user('other', {uid: 1002})],
    }).resolve({set: {}})
  const {nodes, users} = systemParts(specOf(key, 'from="10.0.0.0/8" ssh-ed25519 AAAA'), [])

  expect(nodes.map(({node}) => node)).toMatchObject([
    {path: '/etc/ssh/authorized_keys.d/me', content: {text: `${key}\nfrom="10.0.0.0/8" ssh-ed25519 AAAA\n`}},
    {content: {text: 'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u\n'}},
    {path: '/usr/lib/os-release'},
  ])
  expect(users.map(({password}) => password)).toEqual(['*', 'locked'])
  for (const wrong of ['github:me', 'ssh-ed25519', `${key}\n${key}`]) expect(() => specOf(wrong)).toThrow('a problem')
})
