import {join} from 'node:path'
import {setTimeout} from 'node:timers/promises'
import * as z from 'zod'
import {Arch, HaosError} from '#dsl'
import {defineStep, digestOfFile, type ToolRun} from '#engine'
import {contentSize, readTree, type TreeEntry, writeTree} from '#formats'
import {explainTreeRun, newuidmap, runInTree, storageFor, treeTools} from '#tools'
import {diffTrees} from './diff-trees.ts'
import {ancestors, stackTrees} from './stack-trees.ts'

/**
 * Runs the scripts of a recipe in the built system, and returns their changes as a layer.
 *
 * They cannot see the build machine, and have no network and the rights of a container (`runInTree`). They run twice on
 * the same tree, a second apart, and are refused if the results differ. Fails with RECIPE_INVALID if a script fails or
 * is refused, with TOOL_ENDLESS if one does not end, and with HOST_UNSUPPORTED if programs of the image cannot run.
 */
export const runScripts = defineStep({
  kind: 'run-scripts',
  revision: 1,
  summary: "runs the recipe's scripts in the system",
  inputs: {packages: 'tree', system: 'tree'},
  output: 'tree',
  options: z.strictObject({arch: Arch, scripts: z.array(z.string())}),
  tools: [...treeTools],
  userTools: [newuidmap],
  async run({inputs, options: {arch, scripts}, output, scratch, epoch, tool, signal}) {
    const stacked = stackTrees(await treeOf(inputs.packages), await treeOf(inputs.system))
    const before = new Map([...stacked].filter(([, entry]) => isOurs(entry)))
    const tree = join(scratch, 'before.tar')
    await writeTree(tree, [...before.values(), ...scripts.map(scriptEntry)], {epoch})
    const again = join(scratch, 'again.tar')
    const results: string[] = []
    for (const result of [output, again]) {
      // The clock must advance, so that a script that writes the time is detected.
      if (results.length > 0) await setTimeout(1100, undefined, {signal})
      const after = join(scratch, `after-${results.length}.tar`)
      await runOnce({arch, scripts, before, streams: {stdin: tree, stdout: after}, epoch, tool})
      const left = new Map((await treeOf(after)).flatMap((entry) => (isOurs(entry) ? [[entry.path, entry]] : [])))
      await writeTree(result, await diffTrees(before, left), {epoch})
      results.push(await digestOfFile(result))
    }
    if (results[0] !== results[1]) throw await notRepeatable(output, again)
  },
})

/** Directory of the scripts while they run. */
const scriptDirectory = '/.haos-build'

const scriptEntry = (script: string, index: number): TreeEntry => ({
  path: `${scriptDirectory}/${index + 1}`,
  type: 'file',
  mode: 0o700,
  uid: 0,
  gid: 0,
  content: {bytes: Buffer.from(script)},
})

/** Runs all scripts of the directory in order, and reports which one failed. */
const runAll = `number=1
while [ "$number" -le "$1" ]; do
  echo "run() number $number of $1" >&2
  /bin/sh -eu "${scriptDirectory}/$number" || {
    echo "run() number $number of $1 ended with status $?" >&2
    exit 1
  }
  number=$((number + 1))
done`

interface RunOnce {
  readonly arch: Arch
  readonly scripts: readonly string[]
  readonly before: ReadonlyMap<string, TreeEntry>
  readonly streams: {readonly stdin: string; readonly stdout: string}
  readonly epoch: number
  readonly tool: ToolRun
}

async function runOnce({arch, scripts, before, streams, epoch, tool}: RunOnce): Promise<void> {
  const storage = storageFor([...before.values()].reduce((sum, {content}) => sum + contentSize(content), 0))
  const command = ['/bin/sh', '-eu', '-c', runAll, 'sh', String(scripts.length)]
  let current = 'run()'
  const onLine = (line: string) => {
    if (/^run\(\) number \d+ of \d+$/.test(line)) current = line
  }
  try {
    await tool(runInTree, {storage, arch: emulated[arch], epoch, command}, {...streams, onLine})
  } catch (error) {
    throw (await explainTreeRun(error, emulated[arch])) ?? explain(error, current)
  }
}

/** Names of the architectures in qemu-user. */
const emulated: Readonly<Record<Arch, string>> = {amd64: 'x86_64', arm64: 'aarch64', arm: 'arm'}

const treeOf = (hostPath: string): Promise<TreeEntry[]> => Array.fromAsync(readTree(hostPath))

/**
 * Whether an entry belongs to a layer: excludes what the kernel provides and temporary files. Scripts cannot create
 * devices.
 */
function isOurs({path, type}: TreeEntry): boolean {
  if (path === '/' || type === 'block-device' || type === 'character-device') return false
  return ![path, ...ancestors(path)].some((at) => ofKernel.has(at) || at === scriptDirectory || isTemporary(at, path))
}

const ofKernel = new Set(['/dev', '/proc', '/run', '/sys'])

const temporary = new Set(['/tmp', '/var/tmp'])

const isTemporary = (at: string, path: string): boolean => temporary.has(at) && at !== path

function explain(error: unknown, script: string): unknown {
  if (!(error instanceof HaosError)) return error
  const {at, output, log, command, hint} = error.details
  if (error.code === 'TOOL_ENDLESS') {
    const details = {hint, at, output, log, command, cause: error}
    return new HaosError('TOOL_ENDLESS', `a script of the recipe does not end: ${script}`, details)
  }
  if (error.code !== 'TOOL_FAILED') return error
  return new HaosError('RECIPE_INVALID', 'a script of the recipe failed', {
    hint: 'Fix the script: it runs as root of the image with /bin/sh -eu, without network.',
    at: script,
    output,
    log,
    command,
    cause: error,
  })
}

async function notRepeatable(first: string, second: string): Promise<HaosError> {
  const [one, other] = [await treeOf(first), await treeOf(second)]
  const byPath = (entries: readonly TreeEntry[]) => new Map(entries.map((entry) => [entry.path, entry]))
  const different = await diffTrees(byPath(one), byPath(other))
  const files = different.filter(({type}) => type !== 'directory')
  return new HaosError('RECIPE_INVALID', 'the scripts of the recipe leave different files each time', {
    at: 'run()',
    problems: (files.length > 0 ? files : different).slice(0, 10).map(({path}) => ({path, message: 'differs'})),
    hint: 'Avoid times, random numbers and logs, or remove such files at the end of the script; $SOURCE_DATE_EPOCH is the date of the image.',
  })
}
