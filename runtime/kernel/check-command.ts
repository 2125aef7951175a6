import {checkKernel, consequenceOf, type KernelLack, type KernelNeedsFile, type KernelUser, kernelNeedsPath} from '#dsl'
import type {CommandContext} from '../cli/command-context.ts'
import {kernelRelease, readKernel} from './read-kernel.ts'

/**
 * `check [USER…]` compares the running kernel with what the Kubernetes of the image, or the named software, needs of it.
 * Returns 1 if something required is missing.
 */
export function checkCommand(args: readonly string[], {host, identity, print, printError}: CommandContext): number {
  const text = host.read(kernelNeedsPath(identity))
  if (text === undefined) {
    printError(`${identity.name}: this image does not say what its kernel needs (${kernelNeedsPath(identity)})`)
    return 1
  }
  const {needs, mayLack, users: own}: KernelNeedsFile = JSON.parse(text)
  const known = [...new Set(needs.flatMap(({required = [], recommended = []}) => [...required, ...recommended]))]
  const words = args.filter((arg) => arg !== '--json')
  const stray = words.find((word) => !known.some((user) => user === word))
  if (stray !== undefined) {
    printError(`${identity.name}: check knows no "${stray}": it knows ${known.sort().join(', ')}`)
    return 2
  }
  const users: readonly KernelUser[] = words.length === 0 ? own : known.filter((user) => words.includes(user))
  const release = kernelRelease(host)
  const lacks = checkKernel(readKernel(host, release), needs, users).filter(({option}) => !mayLack.includes(option))
  if (args.includes('--json')) print(JSON.stringify({kernel: release, users, lacks}, undefined, 2))
  else if (lacks.length === 0) print(`The kernel ${release} has what is needed by ${users.join(', ') || 'nothing'}.`)
  else for (const lack of lacks) render(lack).forEach(print)
  return lacks.some(({required, state}) => required.length > 0 && state !== 'unknown') ? 1 : 0
}

const render = (lack: KernelLack): readonly string[] => [
  `${lack.required.length > 0 ? 'required' : 'recommended'}: CONFIG_${lack.option} ${states[lack.state](lack)}, which ${consequenceOf(lack)}`,
  `  → ${fixes[lack.state](lack)}${lack.fix === undefined ? '' : `, or ${lack.fix}`}.`,
]

const states: Readonly<Record<KernelLack['state'], (lack: KernelLack) => string>> = {
  off: () => 'is off',
  'no-module': ({module}) => `is the module ${module}, which this image does not contain`,
  unknown: () => 'is unknown, because the configuration of the kernel is not there',
}

const fixes: Readonly<Record<KernelLack['state'], (lack: KernelLack) => string>> = {
  off: ({option}) => `Build the image with a kernel that has CONFIG_${option}`,
  'no-module': ({module}) => `Build the image with ${module}.ko: neither \`kernel.omit\` nor the packages may lack it`,
  unknown: () => 'Check the kernel yourself',
}
