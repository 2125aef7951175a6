import {access} from 'node:fs/promises'
import {join} from 'node:path'
import {type Arch, HaosError} from '#dsl'
import {findTool, type ToolRun} from '#engine'
import {newuidmap, unshare} from '../tools.ts'

export interface RootFailureContext {
  readonly asOrdinaryUser: boolean
  readonly scratch: string
  readonly arch: Arch
  readonly tool: ToolRun
}

/** Finds out whether a failed installation is the machine's fault, and gives the error that says so; otherwise the same error. */
export async function explainRootFailure(error: unknown, context: RootFailureContext): Promise<unknown> {
  if (!(error instanceof HaosError) || error.code !== 'TOOL_FAILED') return error
  const {asOrdinaryUser, scratch, arch, tool} = context
  if (await exists(join(scratch, 'cannot-run'))) return foreignArch(arch, error)
  try {
    await tool(unshare, {asOrdinaryUser, command: ['true']})
  } catch {
    return noNamespaces(asOrdinaryUser, error)
  }
  const {output, log, command} = error.details
  return new HaosError('TOOL_FAILED', 'dpkg could not configure the packages', {
    hint: 'Look for the first error in the log; a package whose script fails must be left out, or replaced by another version.',
    at: error.details.at,
    output,
    log,
    command,
    cause: error,
  })
}

const foreignArch = (arch: Arch, cause: HaosError): HaosError =>
  new HaosError('HOST_UNSUPPORTED', `this machine cannot run programs for ${arch}, as the packages' scripts must`, {
    hint: 'Install qemu-user-static and binfmt-support, and check that /proc/sys/fs/binfmt_misc lists qemu with flag F.',
    output: cause.details.output,
    log: cause.details.log,
    cause,
  })

async function noNamespaces(asOrdinaryUser: boolean, cause: HaosError): Promise<HaosError> {
  const {output, log} = cause.details
  if (!asOrdinaryUser) {
    return new HaosError('HOST_UNSUPPORTED', 'packages cannot be configured here: root may not make namespaces', {
      hint: 'Run the container with --privileged, or with CAP_SYS_ADMIN.',
      output,
      log,
      cause,
    })
  }
  const lacksTool = (await findTool(newuidmap.name)) === undefined
  return new HaosError('HOST_UNSUPPORTED', 'packages cannot be configured here: this user may not make namespaces', {
    hint: lacksTool
      ? `Install the package ${newuidmap.package}, or run as root.`
      : 'Give the user a range in /etc/subuid and /etc/subgid (`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER`) and allow user namespaces, or run as root.',
    output,
    log,
    cause,
  })
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
