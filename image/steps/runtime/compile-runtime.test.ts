import {spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {PlanBuilder} from '#engine'
import {bundleForNode} from '../../../test/bundle-for-node.ts'
import {compilerTree} from '../../../test/compiler-tree.ts'
import {findQuickjs} from '../../../test/quickjs.ts'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {nodeLauncher} from '../../node-launcher.ts'
import {planRuntime} from '../../plan-runtime.ts'
import {textFile} from '../text-file.ts'
import {compileRuntime} from './compile-runtime.ts'

describe.each(['amd64', 'arm64'] as const)('the node program for %s', async (arch) => {
  const {qjs, tools, reason} = await findQuickjs(arch)
  const why = reason === undefined ? '' : ` (${reason})`

  test.skipIf(reason !== undefined)(`does the same as bytecode and as a script${why}`, async () => {
    const scratch = scratchDirectory()
    const script = await bundleForNode('runtime/cli/main.ts', join(scratch, 'haos.js'))
    const compiled = await runStep(compileRuntime, {packages: await compilerTree(tools ?? '', scratch), script}, {arch})
    const run = (program: string, ...args: string[]) => {
      const {status, stdout, stderr} = spawnSync(
        qjs?.[0] ?? 'qjs',
        [...(qjs?.slice(1) ?? []), ...asKernel(program), ...args],
        {encoding: 'utf8'},
      )
      return {status, stdout, stderr}
    }
    const launched = launcherIn(join(scratch, 'good'), {
      compiled: readFileSync(compiled),
      script: "throw new Error('read')",
    })

    expect(run(launched, '--version')).toEqual({status: 0, stdout: 'haos version 1.2.3\n', stderr: ''})
    for (const args of [['help'], ['install', '--devise'], ['config', '--bot'], ['config', '--dump']])
      expect(run(launched, ...args)).toEqual(run(script, ...args))
  })

  test.skipIf(reason !== undefined)(`is read as a script where QuickJS refuses the bytecode${why}`, async () => {
    const scratch = scratchDirectory()
    const script = join(scratch, 'program.js')
    writeFileSync(script, "import * as std from 'std'\nstd.out.puts('program')\n")
    const compiled = readFileSync(
      await runStep(compileRuntime, {packages: await compilerTree(tools ?? '', scratch), script}, {arch}),
    )
    const ofOtherVersion = Buffer.from(compiled)
    // The bytecode begins with its version, before the names in it.
    ofOtherVersion.writeUInt8(99, compiled.lastIndexOf('program.js') - 4)
    for (const [name, bytes] of Object.entries({compiled, ofOtherVersion, empty: Buffer.alloc(0)})) {
      const launched = launcherIn(join(scratch, name), {
        compiled: bytes,
        script: readFileSync(script, 'utf8'),
      })
      const options = [...(qjs?.slice(1) ?? []), ...asKernel(launched)]
      const {stdout, status} = spawnSync(qjs?.[0] ?? 'qjs', options, {encoding: 'utf8'})
      expect({stdout, status}).toEqual({stdout: 'program', status: 0})
    }
  })
})

test('is the script itself where no program of the image runs while it is built, and for 32-bit arm', () => {
  const plan = new PlanBuilder(0)
  const script = plan.add(textFile, {}, {text: ''}, 'script')
  const root = plan.add(compileRuntime, {packages: {step: script.step, form: 'tree'}, script}, {arch: 'amd64'}, 'root')
  const identity = deriveIdentity('haos')
  const tree = {step: root.step, form: 'tree'} as const

  expect(planRuntime(script, {arch: 'amd64', identity, root: undefined}, plan)).toEqual({program: script, parts: []})
  expect(planRuntime(script, {arch: 'arm', identity, root: tree}, plan)).toEqual({program: script, parts: []})
  expect(planRuntime(script, {arch: 'arm64', identity, root: tree}, plan).parts.map(({path}) => path)).toEqual([
    '/usr/lib/haos/program.so',
    '/usr/lib/haos/program.js',
  ])
})

/** The arguments by which the kernel starts a program: those in its first line, and its path. */
const asKernel = (path: string): string[] => [...(/^#!\S+ (.*)/.exec(readFileSync(path, 'utf8'))?.slice(1) ?? []), path]

/** The launcher with what it imports, in a directory in place of the image's. */
function launcherIn(
  directory: string,
  {compiled, script}: {readonly compiled: Uint8Array; readonly script: string},
): string {
  mkdirSync(directory, {recursive: true})
  writeFileSync(join(directory, 'program.so'), compiled)
  writeFileSync(join(directory, 'program.js'), script)
  const launcher = join(directory, 'haos')
  writeFileSync(launcher, nodeLauncher(directory))
  return launcher
}
