import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {build} from 'esbuild'
import {bundleForNode} from '../test/bundle-for-node.ts'
import {findQuickjs} from '../test/quickjs.ts'
import {filesOfCase, usualDirectories} from '../test/runtime/applier-case.ts'
import {sampleConfig} from '../test/runtime/sample-config.ts'

/*
 * Measures the node's program on the sample config: time, memory and size under QuickJS, as on a node, compared with Node.
 *
 *     node bench/applier.ts
 */

/** The original, a Go program, on this config (`--dump`): 3.7 ms, 6.8 MB, 7.7 MB of program. */
const targets = {milliseconds: 4, megabytes: 4}
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
    qjs: [...qjs, '-sm', script],
    node: [process.execPath, nodeScript],
  }
  const commands = [['--version'], ['config', '--dump-json'], ['config', '--boot']]
  print(['', 'qjs CPU', 'wall', 'peak', 'Node CPU', 'wall', 'peak', 'ratio', 'target'])
  for (const command of commands) {
    const [ours, theirs] = [programs.qjs, programs.node].map((program) => measure([...program, root, ...command]))
    if (ours === undefined || theirs === undefined) continue
    const isMet = ours.cpuMs <= targets.milliseconds && ours.peakMb <= targets.megabytes
    print([
      command.join(' '),
      ...columns(ours),
      ...columns(theirs),
      (ours.cpuMs / theirs.cpuMs).toFixed(2),
      `${targets.milliseconds} ms, ${targets.megabytes} MB: ${isMet ? 'met' : 'missed'}`,
    ])
  }
  console.log(`size: ${kilobytes(script)} of script and ${kilobytes(qjs.at(-1) ?? '')} of interpreter`)
  console.log(`Node: ${kilobytes(nodeScript)} of script and ${kilobytes(process.execPath)} of interpreter`)
} finally {
  rmSync(scratch, {recursive: true, force: true})
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
