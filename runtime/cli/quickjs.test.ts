import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {dirname, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {bundleForNode} from '../../test/bundle-for-node.ts'
import {findQuickjs} from '../../test/quickjs.ts'
import {
  type ApplierCase,
  type CaseResult,
  filesOfCase,
  runCase,
  usualDirectories,
} from '../../test/runtime/applier-case.ts'
import {applierCases} from '../../test/runtime/applier-cases.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {MemoryHost} from '../host/memory.ts'

const quickjs = await findQuickjs()
const [program, ...programArgs] = quickjs.qjs ?? ['qjs']
const isRoot = process.getuid?.() === 0
const unfit = isRoot ? quickjs.reason : 'only root can change owners'

/** Maximum size of the bundle. It is read from flash and parsed three times per boot. A new cloud takes about 1 KiB. */
const budgetBytes = 358 * 1024

describe.skipIf(quickjs.reason !== undefined)(`under QuickJS${quickjs.reason ? ` (${quickjs.reason})` : ''}`, () => {
  test.skipIf(unfit !== undefined)(
    'every applier does to a real directory what it does to a node in memory',
    async () => {
      const scratch = scratchDirectory()
      const script = await bundleForNode('test/runtime/quickjs-cases.ts', join(scratch, 'cases.js'))
      for (const [index, each] of applierCases.entries()) plant(join(scratch, String(index)), each)
      const run = spawnSync(program, [...programArgs, '-m', script, scratch], {
        encoding: 'utf8',
        env: {PATH: `${quickjs.tools}:${process.env['PATH']}`, TMPDIR: scratch},
      })
      expect(run.stderr).toBe('')
      const lines = run.stdout.trimEnd().split('\n')
      expect(lines).toHaveLength(applierCases.length)
      for (const [index, each] of applierCases.entries()) {
        const node = new MemoryHost({
          sha256: (content) => createHash('sha256').update(content).digest('hex'),
        })
        plantInMemory(node, each)
        const apply = () => comparable(runCase(each, (surroundings) => Object.assign(node, surroundings)))
        const expected = [apply(), apply()]
        const results: CaseResult[] = JSON.parse(lines[index] ?? '')
        expect(results.map(comparable), each.name).toEqual(expected)
        expect(snapshot(join(scratch, String(index))), each.name).toEqual(snapshotOf(node))
      }
    },
  )

  test('the program prints its version and its help', async () => {
    const script = await bundleProgram()
    const run = (...args: string[]) => spawnSync(program, [...programArgs, '-m', script, ...args], {encoding: 'utf8'})
    expect(run('--version')).toMatchObject({stdout: 'haos version 1.2.3\n', status: 0})
    expect(run('help').stdout).toContain('config --boot')
    expect(run('install', '--devise')).toMatchObject({
      stderr: expect.stringContaining('there is no option --devise'),
      status: 2,
    })
    expect(run('conifg')).toMatchObject({stderr: expect.stringContaining('no command "conifg"'), status: 2})
    expect(run('config', '--bot')).toMatchObject({status: 2})
  })
})

test('the bundle keeps to its budget', async () => {
  const {size} = lstatSync(await bundleProgram())
  console.log(`runtime bundle: ${size} of ${budgetBytes} bytes`)
  expect(size).toBeLessThan(budgetBytes)
})

const bundleProgram = () => bundleForNode('runtime/cli/main.ts', join(scratchDirectory(), 'haos.js'))

/** Reasons come from the system, whose wording differs. */
const comparable = ({problems, ...rest}: CaseResult) => ({...rest, problems: problems.map(({path}) => path)})

function plant(root: string, each: ApplierCase): void {
  const own = (path: string, {uid = 0, gid = 0, mode = 0o644}: {uid?: number; gid?: number; mode?: number}) => {
    if (isRoot) chownSync(path, uid, gid)
    chmodSync(path, mode)
  }
  for (const [path, id] of Object.entries(usualDirectories)) {
    mkdirSync(root + path, {recursive: true})
    own(root + path, {uid: id, gid: id, mode: 0o755})
  }
  for (const [path, file] of filesOfCase(each)) {
    mkdirSync(dirname(root + path), {recursive: true})
    writeFileSync(root + path, file.content)
    own(root + path, file)
  }
  for (const [path, target] of Object.entries(each.links ?? {})) {
    mkdirSync(dirname(root + path), {recursive: true})
    symlinkSync(target, root + path)
  }
}

function plantInMemory(host: MemoryHost, each: ApplierCase): void {
  for (const [path, id] of Object.entries(usualDirectories))
    host.put(path, {type: 'directory', mode: 0o755, uid: id, gid: id})
  for (const [path, file] of filesOfCase(each)) host.put(path, file)
  for (const [path, target] of Object.entries(each.links ?? {})) host.put(path, {type: 'symlink', content: target})
}

const ownerOf = ({uid, gid}: {uid: number; gid: number}) => (isRoot ? {uid, gid} : {})

function snapshot(root: string, path = ''): Record<string, unknown> {
  return Object.assign(
    {},
    ...readdirSync(join(root, path)).map((name) => {
      const here = `${path}/${name}`
      const status = lstatSync(join(root, here))
      if (status.isSymbolicLink()) return {[here]: 'symlink'}
      const common = {mode: status.mode & 0o7777, ...ownerOf(status)}
      if (status.isDirectory()) return {[here]: common, ...snapshot(root, here)}
      return {[here]: {...common, content: readFileSync(join(root, here), 'latin1')}}
    }),
  )
}

const snapshotOf = (host: MemoryHost): Record<string, unknown> =>
  Object.fromEntries(
    [...host.entries]
      .filter(([path]) => path !== '/')
      .map(([path, entry]) => {
        if (entry.type === 'symlink') return [path, 'symlink']
        const common = {mode: entry.mode, ...ownerOf(entry)}
        if (entry.type === 'directory') return [path, common]
        return [path, {...common, content: Buffer.from(entry.content).toString('latin1')}]
      }),
  )
