import {spawnSync} from 'node:child_process'
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {build} from 'esbuild'
import {nodeLauncher} from '../image/node-launcher.ts'
import {compileRuntime} from '../image/steps/runtime/compile-runtime.ts'
import {bundleForNode} from '../test/bundle-for-node.ts'
import {compilerTree} from '../test/compiler-tree.ts'
import {findQuickjs} from '../test/quickjs.ts'
import {runStep} from '../test/run-step.ts'
import {filesOfCase, usualDirectories} from '../test/runtime/applier-case.ts'
import {sampleConfig} from '../test/runtime/sample-config.ts'

/*
 * Measures the node's program on the sample config: time, memory and size under QuickJS, as on a node, as bytecode, compared with the
 * script that it is made from, and with Node.
 *
 *     node bench/applier.ts
 */

/** The original, a Go program, on this config (`--dump`): 3.7 ms, 6.8 MB, 7.7 MB of program. */
const targets = {milliseconds: 6, megabytes: 5}
const runs = 15

interface Cost {
  readonly cpuMs: number
  readonly wallMs: number
  readonly peakMb: number
}

const columns = ({cpuMs, wallMs, peakMb}: Cost): string[] => [
  `${cpuMs.toFixed(1)} ms`,
  `${wallMs.toFixed(1)} ms`,
  `${peakMb.toFixed(1)} MB`,
]

const kilobytes = (path: string): string => `${Math.round(statSync(path).size / 1000)} kB`

const quickjs = await findQuickjs()
if (quickjs.reason !== undefined) throw new Error(quickjs.reason)
const {qjs, tools} = quickjs
const scratch = mkdtempSync(join(tmpdir(), 'bench-applier-'))
try {
  const script = await bundleForNode('test/runtime/quickjs-below.ts', join(scratch, 'haos.js'))
  const nodeScript = join(scratch, 'node.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'node-below.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    banner: {js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);"},
    outfile: nodeScript,
  })
  const root = join(scratch, 'root')
  plant(root)
  const programs = {
    bytecode: [...qjs, '-m', await launched(script)],
    script: [...qjs, '-sm', script],
    node: [process.execPath, nodeScript],
  }
  const says = ([program = '', ...args]: readonly string[]) =>
    spawnSync(program, [...args, root, '--version'], {encoding: 'utf8'}).stdout
  if (says(programs.bytecode) !== says(programs.script)) throw new Error('the bytecode does not what the script does')
  const commands = [['--version'], ['config', '--dump-json'], ['config', '--boot']]
  for (const command of commands) {
    const costs = Object.entries(programs).map(([name, program]) => ({
      name,
      ...measure([...program, root, ...command]),
    }))
    const script = costs.find(({name}) => name === 'script')?.cpuMs ?? Number.NaN
    print([command.join(' '), 'CPU', 'wall', 'peak', '× script', 'target'])
    for (const cost of costs) {
      const isMet = cost.cpuMs <= targets.milliseconds && cost.peakMb <= targets.megabytes
      print([
        `  ${cost.name}`,
        ...columns(cost),
        (cost.cpuMs / script).toFixed(2),
        ...(cost.name === 'bytecode'
          ? [`${targets.milliseconds} ms, ${targets.megabytes} MB: ${isMet ? 'met' : 'missed'}`]
          : []),
      ])
    }
  }
  console.log(`size: ${kilobytes(script)} of script and ${kilobytes(qjs.at(-1) ?? '')} of interpreter`)
  console.log(`Node: ${kilobytes(nodeScript)} of script and ${kilobytes(process.execPath)} of interpreter`)
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

/** The launcher of a node, with the script as bytecode beside it. */
async function launched(script: string): Promise<string> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const packages = await compilerTree(tools ?? '', scratch)
  copyFileSync(await runStep(compileRuntime, {packages, script}, {arch}, {below: scratch}), join(scratch, 'program.so'))
  const launcher = join(scratch, 'haos')
  writeFileSync(launcher, nodeLauncher(scratch))
  return launcher
}

/** Writes the files of a node that was booted with the sample config, with k3s in its image. */
function plant(root: string): void {
  for (const path of Object.keys(usualDirectories)) mkdirSync(root + path, {recursive: true})
  const files = {'/usr/bin/k3s': 'program', '/proc/cmdline': 'quiet haos.mode=disk'}
  for (const [path, file] of filesOfCase({name: '', phase: 'boot', config: sampleConfig, files, expected: {}})) {
    mkdirSync(dirname(root + path), {recursive: true})
    writeFileSync(root + path, file.content)
  }
}

/** The minimum of several runs, because other load can only add time. */
function measure(argv: readonly string[]): Cost {
  const loop = `TIMEFORMAT='%3R %3U %3S'; for ((i = 0; i < ${runs}; i++)); do time "$@" >/dev/null 2>&1; done`
  const all = run('bash', '--norc', '-c', loop, 'bash', ...argv)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').map((seconds) => Number(seconds) * 1000))
  // Started by a small parent, because the parent's memory counts until the program is loaded (getrusage(2)).
  const peak = /^peak (\d+)$/m.exec(run(join(tools ?? '', 'busybox'), 'time', '-f', 'peak %M', ...argv))?.[1]
  return {
    cpuMs: Math.min(...all.map(([, user = 0, system = 0]) => user + system)),
    wallMs: Math.min(...all.map(([wall = 0]) => wall)),
    peakMb: Number(peak) / 1000,
  }
}

/** Runs a program and returns its standard error. */
function run(program: string, ...args: readonly string[]): string {
  const env = {PATH: `${tools}:${process.env['PATH']}`, TMPDIR: scratch}
  return spawnSync(program, args, {encoding: 'utf8', env}).stderr
}

function print(cells: readonly string[]): void {
  console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(20) : cell.padStart(10))).join('  '))
}
