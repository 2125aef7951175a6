import type {NodeConfig} from '#dsl'
import type {Node} from '../../apply/applier.ts'
import {type Host, renderStatus} from '../../host/host.ts'

/** Swap that is in use (proc(5), /proc/swaps). */
export interface SwapArea {
  readonly path: string
  readonly priority: string
}

export const findSwap = (host: Host, path: string): SwapArea | undefined =>
  (host.read('/proc/swaps') ?? '')
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([found]) => found === path)
    .map(([found = '', , , , priority = '']) => ({path: found, priority}))[0]

/** Formats and enables swap. Throws an Error that names the program that failed. */
export function enableSwap(host: Host, path: string, priority: string): void {
  run(host, ['mkswap', path])
  run(host, ['swapon', ...(priority === '' ? [] : ['-p', priority]), path])
}

/** Disables swap, whose content returns to the memory. Throws an Error if the memory does not suffice. */
export const disableSwap = (host: Host, path: string): void => {
  if (findSwap(host, path) !== undefined) run(host, ['swapoff', path])
}

/** Runs a program. Throws an Error if it fails. */
export function run(host: Host, argv: readonly string[]): void {
  const {status} = host.run(argv, {output: 'discard'})
  if (status !== 0) throw new Error(`was not set up: ${argv[0]} ${renderStatus(status)}`)
}

/** `512M`: powers of 1024, since memory is counted so. `memory` is what `%` is a share of. Undefined for anything else. */
export function parseSize(text: string, memory = 0): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT%]?)(?:i?B)?$/i.exec(text) ?? []
  if (digits === undefined) return undefined
  if (unit === '%') return pages((memory * Number(digits)) / 100)
  return pages(Number(digits) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf(unit.toUpperCase()))
}

const pages = (bytes: number): number => Math.floor(bytes / 4096) * 4096

/**
 * Reports arguments with which the kubelet does not start beside swap. k3s and rke2 set failSwapOn to false, so nothing
 * is wrong without them; pods use no swap unless the kubelet's memorySwap says so (Kubernetes, "Swap memory management").
 */
export function warnOfKubelet({node: {k3s_args = []}}: NodeConfig, node: Node, path: string): void {
  const {kubernetes} = node.identity
  if (k3s_args.some((argument) => /\bfail-swap-on(?:=true)?$/.test(argument)))
    node.report({
      path,
      message: `prevents ${kubernetes} from starting: the arguments of its kubelet refuse swap`,
      hint: `Remove fail-swap-on from ${kubernetes}_args, where it is false by default.`,
    })
}
