import {reasonOf} from '../apply/applier.ts'
import type {Host} from '../host/host.ts'
import type {Operation} from './plan/network-plan.ts'
import type {NetworkProblem} from './plan/wanted.ts'

/** Runs all operations, also after one that fails, and reports the failures: the first of each path. */
export function runOperations(host: Host, operations: readonly Operation[]): readonly NetworkProblem[] {
  const failures = new Map<string, string>()
  const fail = (path: string, reason: string) => failures.set(path, failures.get(path) ?? reason)
  for (const batch of batchesOf(operations)) {
    const [first] = batch
    if (first !== undefined && 'file' in first) {
      try {
        setValue(host, first.file, first.value)
      } catch (error) {
        fail(first.path, reasonOf(error))
      }
    } else {
      for (const {path, reason} of runBatch(host, batch)) fail(path, reason)
    }
  }
  return [...failures].map(([path, reason]) => ({
    path,
    message: `could not be set up: ${reason}`,
    hint: 'Compare it with `ip -details link`, correct the configuration and apply it again.',
  }))
}

/** Successive calls of `ip` are one: 40 cards would be hundreds of processes. */
function batchesOf(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const batches: Operation[][] = []
  for (const operation of operations) {
    const last = batches.at(-1)
    if ('ip' in operation && last?.[0] !== undefined && 'ip' in last[0]) last.push(operation)
    else batches.push([operation])
  }
  return batches
}

/** A kernel without IPv6 lacks its settings, and needs none. */
function setValue(host: Host, file: string, value: string): void {
  const found = host.read(file)
  if (found !== undefined && found.trim() !== value) host.write(file, value, {inPlace: true})
}

interface Failure {
  readonly path: string
  readonly reason: string
}

function runBatch(host: Host, batch: readonly Operation[]): readonly Failure[] {
  const lines = batch.map((operation) => ('ip' in operation ? operation.ip.join(' ') : ''))
  const {status, stdout} = host.run(['sh', '-c', 'exec "$@" 2>&1', 'sh', 'ip', '-force', '-batch', '-'], {
    stdin: lines.map((line) => `${line}\n`).join(''),
  })
  if (status === 0) return []
  const failures: Failure[] = []
  let reason = ''
  for (const line of stdout.split('\n')) {
    const [, number] = /^Command failed .*:(\d+)$/.exec(line) ?? []
    const operation = number === undefined ? undefined : batch[Number(number) - 1]
    if (operation === undefined) {
      reason ||= line
      continue
    }
    failures.push({
      path: operation.path,
      reason: `${reason.replace(/^(?:RTNETLINK answers|Error): /, '')} (ip ${lines[Number(number) - 1]})`,
    })
    reason = ''
  }
  return failures.length > 0 ? failures : [{path: 'network', reason: reason || 'ip failed'}]
}
