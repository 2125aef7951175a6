import {join} from 'node:path'
import {HaosError, parentOf} from '#dsl'
import type {ToolRun} from '#engine'
import {contentSize, readTree, type TreeEntry, writeTree} from '#formats'
import {explainTreeRun, runInTree, storageFor} from '#tools'
import type {ScriptRun} from '../install/install-packages.ts'

/** What a script is given to run with. */
export interface SandboxOptions {
  /** Alpine's name of the architecture. */
  readonly arch: string
  /** Seconds since 1970 that stand for all times. */
  readonly epoch: number
  /** Directory for the tree before and after each script; must stay as long as the tree is used. */
  readonly scratch: string
  readonly tool: ToolRun
}

/** Directories of which the kernel makes what is in them. */
const ofKernel = /^\/(?:dev|proc)(?:\/|$)/

/**
 * Runs scripts in the current state of the root, and takes over their changes.
 *
 * Where nothing but that root exists (`runInTree`), with the environment that apk gives. Foreign programs run through
 * qemu-user. Fails with PACKAGE_INVALID when a script does, with TOOL_ENDLESS when it does not end, and with HOST_UNSUPPORTED where none can be run.
 */
export function sandboxedScripts({arch, epoch, scratch, tool}: SandboxOptions): (run: ScriptRun) => Promise<void> {
  let number = 0
  return async ({pkg, kind, script, root, directories}) => {
    const stem = join(scratch, `script-${number++}`)
    const path = `/lib/apk/exec/${pkg.label}.${kind}`
    // Mounted over while the script runs; a link would lead that astray.
    if (!['directory', undefined].includes(root.get('/run')?.entry.type)) throw oddRun(`${pkg.label}.${kind}`)
    root.put({path, type: 'file', mode: 0o755, uid: 0, gid: 0, content: {bytes: script}})
    const entries = root.entries()
    // Nobody can make a device where scripts run: those of the packages wait outside.
    const isKept = ({path, type}: TreeEntry) => ofKernel.test(path) || type.endsWith('-device')
    const kept = entries.filter(isKept)
    await writeTree(
      `${stem}.before.tar`,
      entries.filter((entry) => !isKept(entry)),
      {epoch},
    )
    const command = [path, ...(kind === 'trigger' ? directories : [pkg.info.version])]
    const storage = storageFor(entries.reduce((sum, {content}) => sum + contentSize(content), 0))
    const streams = {stdin: `${stem}.before.tar`, stdout: `${stem}.after.tar`}
    try {
      await tool(runInTree, {storage, arch: emulated[arch] ?? arch, epoch, command}, streams)
    } catch (error) {
      throw (await explainTreeRun(error, arch)) ?? explain(error, `${pkg.label}.${kind}`)
    }
    const after: TreeEntry[] = []
    for await (const entry of readTree(`${stem}.after.tar`)) if (!ofKernel.test(entry.path)) after.push(entry)
    const left = new Set(after.filter(({type}) => type === 'directory').map(({path}) => path))
    root.replaceEntries([...kept.filter(({path}) => ofKernel.test(path) || left.has(parentOf(path))), ...after])
    root.remove(path)
  }
}

/** What qemu-user calls the architectures. */
const emulated: Readonly<Record<string, string>> = {x86_64: 'x86_64', aarch64: 'aarch64', armv7: 'arm'}

const oddRun = (script: string): HaosError =>
  new HaosError('PACKAGE_INVALID', `${script} cannot run: /run in the packages is not a directory`, {
    at: script,
    hint: 'Leave out the package that brings it.',
  })

function explain(error: unknown, script: string): unknown {
  if (!(error instanceof HaosError) || (error.code !== 'TOOL_FAILED' && error.code !== 'TOOL_ENDLESS')) return error
  const {at, output, log, command, hint} = error.details
  const [, label = '', kind = ''] = /^(.*)\.(.*)$/.exec(script) ?? []
  if (error.code === 'TOOL_ENDLESS') {
    const details = {hint, at, output, log, command, cause: error}
    return new HaosError('TOOL_ENDLESS', `the ${kind} script of ${label} does not end`, details)
  }
  return new HaosError('PACKAGE_INVALID', `the ${kind} script of ${label} failed`, {
    hint: "Leave the package out, or say `scripts: 'skip'` to do without all scripts.",
    at: script,
    output,
    log,
    command,
    cause: error,
  })
}
