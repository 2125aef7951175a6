import {withoutBootCode} from '#layout'
import {type Host, renderStatus} from '../host/host.ts'
import {changeFirstSector, writeBootCode} from './boot-loader/boot-code.ts'
import {addBootEntry} from './boot-loader/boot-entry.ts'
import {type InstallStep, renderStep} from './install-step.ts'

/**
 * Performs the steps of a plan in order. At the first failure, undoes the steps that can be undone in reverse order,
 * and throws an Error with the reason.
 */
export function performInstall(
  host: Host,
  steps: readonly InstallStep[],
  {log, debug}: {readonly log: (line: string) => void; readonly debug: boolean},
): void {
  const undos: (readonly string[])[] = []
  try {
    for (const step of steps) {
      if (step.kind === 'say') log(step.text)
      else if (debug) log(`+ ${renderStep(step)}`)
      if ('undo' in step && step.undo !== undefined) undos.push(step.undo)
      perform(host, step, log)
    }
  } catch (error) {
    if (undos.length > 0) log('The installation failed: undoing its changes')
    for (const argv of undos.toReversed()) runStep(host, {kind: 'run', argv, mayFail: true})
    throw error
  }
}

/** Runs only the checks of an installation, and changes nothing. Throws as the installation would. */
export function rehearseInstall(host: Host, steps: readonly InstallStep[]): void {
  for (const step of steps) if (step.kind === 'run' && step.asks) runStep(host, step)
}

function perform(host: Host, step: InstallStep, log: (line: string) => void): void {
  switch (step.kind) {
    case 'say':
      break
    case 'run':
      runStep(host, step)
      break
    case 'write':
      host.write(step.path, step.text, {mode: step.mode, owner: {uid: 0, gid: 0}})
      break
    case 'remove-boot-code':
      changeFirstSector(host, step.disk, withoutBootCode)
      break
    case 'write-boot-code':
      writeBootCode(host, step)
      break
    case 'boot-entry':
      try {
        addBootEntry(host, step)
      } catch (error) {
        log(`The firmware's boot menu has no entry for the system: ${error instanceof Error ? error.message : error}`)
      }
      break
  }
}

/** Runs a program with standard error in its output, so that errors can be reported. */
function runStep(host: Host, {argv, stdin, env, mayFail, hint}: Extract<InstallStep, {kind: 'run'}>): void {
  const options = {...(stdin !== undefined && {stdin}), ...(env && {env})}
  const {status, stdout} = host.run(['sh', '-c', 'exec "$@" 2>&1', 'sh', ...argv], options)
  if (status === 0 || mayFail) return
  throw new Error(
    [
      `${argv[0]} ${renderStatus(status)}`,
      ...stdout.trim().split('\n').slice(-5),
      ...(hint === undefined ? [] : [hint]),
    ].join('\n'),
  )
}
