import {copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {describe, expect, onTestFinished, test} from 'vitest'
import {HaosError} from '#dsl'
import {asNobody, nobody} from '../../../test/as-nobody.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {findStaticBusybox} from '../../../test/static-busybox.ts'
import {explainTreeRun, runInTree, storageFor, type TreeStorage} from './run-in-tree.ts'

const {busybox = '', reason} = findStaticBusybox()
const missing = process.arch === 'x64' ? reason : 'the program of the tree is made for amd64'
if (missing !== undefined && process.env['CI']) throw new Error(missing)

const memory: TreeStorage = {kind: 'memory', limitBytes: 256 << 20}
const disk: TreeStorage = {...memory, kind: 'disk'}

/** A tree with a shell, as tar, in a directory that ordinary users may enter. */
async function makeTree(): Promise<{readonly directory: string; readonly tar: string}> {
  const directory = mkdtempSync('/var/tmp/haos-build-tree-')
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  const tree = join(scratchDirectory(), 'tree')
  for (const name of ['bin', 'dev', 'etc', 'proc', 'run', 'tmp']) mkdirSync(join(tree, name), {recursive: true})
  copyFileSync(busybox, join(tree, 'bin/busybox'))
  for (const name of ['chown', 'dd', 'grep', 'sh', 'sleep']) symlinkSync('busybox', join(tree, 'bin', name))
  const tar = join(directory, 'tree.tar')
  await execa('tar', ['--create', '--file', tar, '--directory', tree, '--owner=0', '--group=0', '.'])
  return {directory, tar}
}

interface Run {
  readonly script: string
  readonly storage?: TreeStorage
  /** Words before the command. */
  readonly wrap?: readonly string[]
}

function wordsFor({script, storage = memory, wrap = []}: Run): {wrapped: string; args: readonly string[]} {
  const command = ['/bin/sh', '-c', script]
  const words = [...wrap, 'unshare', ...runInTree.args({storage, arch: 'x86_64', epoch: 86_400, command})]
  const [wrapped = '', ...args] = words
  return {wrapped, args}
}

/** Processes that are told to sleep for a number of seconds. */
const processesWith = (seconds: string): string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(join('/proc', name, 'cmdline'), 'utf8') === `sleep\0${seconds}\0`
    } catch {
      return false
    }
  })

/** Runs a script in a tree, and gives status, complaints and the tree. */
async function run({tar, directory}: {tar: string; directory: string}, {script, storage = memory, wrap = []}: Run) {
  const {wrapped, args} = wordsFor({script, storage, wrap})
  const {exitCode, stdout, stderr} = await execa(wrapped, args, {
    cwd: directory,
    inputFile: tar,
    encoding: 'buffer',
    reject: false,
  })
  return {status: exitCode, tree: Buffer.from(stdout), said: Buffer.from(stderr).toString()}
}

const change = 'echo new >/etc/file; chown 100:65534 /etc/file; echo gone >/run/file'

describe.skipIf(missing !== undefined)('a tree', () => {
  test('is returned as its program leaves it: the same in memory and on disk, for root and an ordinary user', async ({
    skip,
  }) => {
    const tree = await makeTree()
    const inMemory = await run(tree, {script: change})
    const {stdout: listing} = await execa('tar', ['--list', '--verbose', '--numeric-owner'], {input: inMemory.tree})

    expect(inMemory).toMatchObject({status: 0})
    expect(listing).toMatch(/^-rw-r--r-- 100\/65534 +4 1970-01-02 00:00 \.\/etc\/file$/m)
    expect(listing).not.toContain('run/file')
    expect((await run(tree, {script: change, storage: disk})).tree.equals(inMemory.tree)).toBe(true)

    const {wrap, reason: obstacle} = await asNobody(scratchDirectory())
    if (obstacle !== undefined) skip(obstacle)
    await execa('chown', ['--recursive', `${nobody}:${nobody}`, tree.directory])
    for (const storage of [memory, disk])
      expect((await run(tree, {script: change, storage, wrap})).tree.equals(inMemory.tree)).toBe(true)
    expect(readdirSync(tree.directory)).toEqual(['tree.tar'])
  })

  test('whose program fails is not returned, and no status of the program is mistaken for one of the script', async () => {
    const tree = await makeTree()

    expect(await run(tree, {script: 'exit 98'})).toMatchObject({status: 1, tree: Buffer.alloc(0)})
    expect(await run(tree, {script: 'exit 99', storage: disk})).toMatchObject({status: 1, tree: Buffer.alloc(0)})
    expect(readdirSync(tree.directory)).toEqual(['tree.tar'])
  })

  test('ends with the build, and leaves no process, for root and an ordinary user', async ({skip}) => {
    const tree = await makeTree()
    const {wrap, reason: obstacle} = await asNobody(scratchDirectory())
    const users = [[], ...(obstacle === undefined ? [wrap] : [])]
    for (const words of users) {
      if (words.length > 0) await execa('chown', ['--recursive', `${nobody}:${nobody}`, tree.directory])
      // A number that no other process has among its words.
      const mark = `${process.pid}${words.length}`
      const {wrapped, args} = wordsFor({script: `sleep ${mark}`, wrap: words})
      const running = execa(wrapped, args, {
        cwd: tree.directory,
        inputFile: tree.tar,
        reject: false,
        stdout: 'ignore',
        killDescendants: true,
      })
      await expect.poll(() => processesWith(mark), {timeout: 300_000}).not.toEqual([])
      // As the builder's user, who owns the namespaces and none of the ids in them.
      const become = words.length === 0 ? [] : ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
      const [kill = '', ...end] = [...become, 'sh', '-c', `kill -s TERM -- -${running.pid}`]
      await execa(kill, end)
      await running
      await expect.poll(() => processesWith(mark), {timeout: 300_000}).toEqual([])
    }
    if (obstacle !== undefined) skip(obstacle)
  })

  test('grows to its limit and no further', async () => {
    const tree = await makeTree()
    const fill = 'for i in 1 2 3; do dd if=/dev/zero of=/tmp/$i bs=1M count=20 || exit 1; done'
    const small = {kind: 'memory', limitBytes: 32 << 20} as const

    expect(await run(tree, {script: fill, storage: small})).toMatchObject({status: 1})
    expect(await run(tree, {script: fill})).toMatchObject({status: 0})
  })

  test('without a program that this machine can run is reported as foreign', async () => {
    const {directory, tar} = await makeTree()
    await execa('tar', ['--delete', '--file', tar, './bin/busybox'])

    expect(await run({directory, tar}, {script: ':'})).toMatchObject({status: 99})
  })

  test('is not used without user namespaces, and the error has a hint', async () => {
    const none = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"'
    const wrap = ['unshare', '--user', '--map-root-user', 'sh', '-c', none, 'sh']
    const {status} = await run(await makeTree(), {script: ':', wrap})
    const error = new HaosError('TOOL_FAILED', 'x', {at: `unshare, exit status ${status}`, hint: 'x'})

    expect(status).toBe(98)
    expect(await explainTreeRun(error, 'x86_64')).toMatchObject({
      code: 'HOST_UNSUPPORTED',
      message: expect.stringContaining('namespaces'),
    })
  })

  test('is not used in a container that hides parts of /proc, through which files of the machine would be accessible', async () => {
    const hide = 'mount -t tmpfs none /proc/tty; exec "$@"'
    const wrap = [
      ...['unshare', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--mount', '--pid', '--fork'],
      ...['--mount-proc', 'sh', '-c', hide, 'sh'],
    ]

    expect(await run(await makeTree(), {script: ':', wrap})).toMatchObject({
      status: 98,
      said: expect.stringContaining("Can't mount proc"),
    })
  })

  test('lies on disk if memory would not hold three times its size', () => {
    expect(storageFor(1 << 30, 2 << 30).kind).toBe('disk')
    expect(storageFor(1 << 30, 4 * 2 ** 30)).toEqual({kind: 'memory', limitBytes: Math.floor(0.9 * 4 * 2 ** 30)})
    expect(storageFor(1 << 30, 64 * 2 ** 30)).toEqual({kind: 'memory', limitBytes: 6 * 2 ** 30})
  })
})
