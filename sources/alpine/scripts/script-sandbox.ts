import {join} from 'node:path'
import {HaosError, parentOf} from '#dsl'
import type {ToolRun} from '#engine'
import {contentSize, readTree, type TreeEntry, writeTree} from '#formats'
import {explainTreeRun, runInTree, storageFor} from '#tools'
import type {ScriptRun} from '../install/install-packages.ts'

/** How the sandbox runs scripts. */
export interface SandboxOptions {
  /** Alpine's name of the architecture. */
  readonly arch: string
  /** The time of all changed files, in seconds since 1970. */
  readonly epoch: number
  /** Directory for the tree before and after each script; it must exist as long as the tree is used. */
  readonly scratch: string
  readonly tool: ToolRun
}

/** Directories whose contents the kernel provides. */
const kernelDirectories = /^\/(?:dev|proc)(?:\/|$)/

/**
 * Runs scripts in the current state of the root and adopts their changes.
 *
 * Scripts see only that root (`runInTree`) and get apk's environment. Programs of foreign architectures run through
 * qemu-user. Fails with PACKAGE_INVALID if a script fails, with TOOL_ENDLESS if it does not end, and with HOST_UNSUPPORTED if the
 * build machine cannot run scripts.
 */
export function sandboxedScripts({arch, epoch, scratch, tool}: SandboxOptions): (run: ScriptRun) => Promise<void> {
  let number = 0
  return async ({pkg, kind, script, root, directories}) => {
    const stem = join(scratch, `script-${number++}`)
    const path = `/lib/apk/exec/${pkg.label}.${kind}`
    // The sandbox mounts over it while the script runs; a symlink would redirect that mount.
    if (!['directory', undefined].includes(root.get('/run')?.entry.type)) throw runIsNoDirectory(`${pkg.label}.${kind}`)
    root.put({path, type: 'file', mode: 0o755, uid: 0, gid: 0, content: {bytes: script}})
    const entries = root.entries()
    // The sandbox cannot create devices: those of the packages stay outside.
    const isKept = ({path, type}: TreeEntry) => kernelDirectories.test(path) || type.endsWith('-device')
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
    for await (const entry of readTree(`${stem}.after.tar`)) if (!kernelDirectories.test(entry.path)) after.push(entry)
    const left = new Set(after.filter(({type}) => type === 'directory').map(({path}) => path))
    root.replaceEntries([
      ...kept.filter(({path}) => kernelDirectories.test(path) || left.has(parentOf(path))),
      ...after,
    ])
    root.remove(path)
  }
}

/** What qemu-user calls the architectures. */
const emulated: Readonly<Record<string, string>> = {x86_64: 'x86_64', aarch64: 'aarch64', armv7: 'arm'}

const runIsNoDirectory = (script: string): HaosError =>
  new HaosError('PACKAGE_INVALID', `${script} cannot run: /run in the packages is not a directory`, {
    at: script,
    hint: 'Leave out the package that contains it.',
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
    hint: "Leave the package out, or set `scripts: 'skip'` to ignore all scripts.",
    at: script,
    output,
    log,
    command,
    cause: error,
  })
}
