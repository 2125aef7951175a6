import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {HaosError} from '#dsl'
import {defineTool, type ToolRun} from '#engine'
import {readTree, type TreeEntry, writeTree} from '#formats'
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

interface SandboxedScript {
  readonly arch: string
  readonly epoch: number
  /** Path in the root, and arguments. */
  readonly command: readonly string[]
}

/** Runs a script apart from the machine: `unshare`, `nsenter` and `tar` do the work. */
export const sandbox = defineTool<SandboxedScript>({
  name: 'unshare',
  purpose: "run packages' scripts apart from this machine",
  package: 'util-linux',
  minVersion: '2.38',
  args: ({arch, epoch, command}) => [
    // Without options it only starts what follows, in the same namespaces.
    '/bin/sh',
    fileURLToPath(new URL('./run-script.sh', import.meta.url)),
    arch,
    String(epoch),
    ...command,
  ],
})

/** Called by our script for what goes into and comes out of the root. */
export const tar = defineTool<never>({
  name: 'tar',
  purpose: "run packages' scripts apart from this machine",
  package: 'tar',
  // --sort=name, and --xattrs-include.
  minVersion: '1.28',
  args: () => [],
})

/** Directories of which the kernel makes what is in them. */
const ofKernel = /^\/(?:dev|proc)(?:\/|$)/

/**
 * Runs scripts in the root as it is at that moment, and takes what they leave into it.
 *
 * As nobody outside of a user namespace, without network, with the environment that apk gives. Foreign programs run
 * through qemu-user. Fails with PACKAGE_INVALID when a script does, and with HOST_UNSUPPORTED where none can be run.
 */
export function sandboxedScripts({arch, epoch, scratch, tool}: SandboxOptions): (run: ScriptRun) => Promise<void> {
  let number = 0
  return async ({pkg, kind, script, root, directories}) => {
    const stem = join(scratch, `script-${number++}`)
    const path = `/lib/apk/exec/${pkg.label}.${kind}`
    root.put({path, type: 'file', mode: 0o755, uid: 0, gid: 0, content: {bytes: script}})
    const entries = root.entries()
    const kept = entries.filter((entry) => ofKernel.test(entry.path))
    await writeTree(
      `${stem}.before.tar`,
      entries.filter((entry) => !ofKernel.test(entry.path)),
      {epoch},
    )
    const command = [path, ...(kind === 'trigger' ? directories : [pkg.info.version])]
    try {
      await tool(sandbox, {arch, epoch, command}, {stdin: `${stem}.before.tar`, stdout: `${stem}.after.tar`})
    } catch (error) {
      throw explain(error, {label: pkg.label, kind, arch})
    }
    const after: TreeEntry[] = [...kept]
    for await (const entry of readTree(`${stem}.after.tar`)) if (!ofKernel.test(entry.path)) after.push(entry)
    root.replaceEntries(after)
    root.remove(path)
  }
}

function explain(
  error: unknown,
  {label, kind, arch}: {readonly label: string; readonly kind: string; readonly arch: string},
): unknown {
  if (!(error instanceof HaosError) || error.code !== 'TOOL_FAILED') return error
  const {output, log, command} = error.details
  const details = {at: `${label}.${kind}`, output, log, command, cause: error}
  if (error.details.at?.endsWith('exit status 99')) {
    return new HaosError(
      'HOST_UNSUPPORTED',
      `this machine cannot run programs for ${arch}, as a script of ${label} must`,
      {
        hint: 'Install qemu-user-static; before Linux 6.7 also binfmt-support, so that /proc/sys/fs/binfmt_misc lists qemu with flag F.',
        ...details,
      },
    )
  }
  return new HaosError('PACKAGE_INVALID', `the ${kind} script of ${label} failed`, {
    hint: "Leave the package out, or say `scripts: 'skip'` to do without all scripts.",
    ...details,
  })
}
