import prettyBytes from 'pretty-bytes'
import type {DescribedKernel} from '#image'
import {printable} from './printable.ts'
import {renderKernel} from './render-kernel.ts'

interface RenderKernelInfoOptions {
  /** Show every option, module and missing file. Default: how many, and the largest directories. */
  readonly all: boolean
  /** Show every option. */
  readonly options: boolean
}

/** Directories that a short table shows: the rest is small. */
const mostDirectories = 15

/** A kernel as lines: version, needs, options, modules by size, firmware. */
export function renderKernelInfo(kernel: DescribedKernel, {all, options}: RenderKernelInfoOptions): readonly string[] {
  const {image, variant, arch, version, users, included, omitted, modules, directories} = kernel
  const hidden = directories.length - mostDirectories
  // Packages choose the names of modules and firmware: none may look like another line.
  return [
    ...(users.length === 0
      ? [`kernel ${version} of ${[image, variant].filter(Boolean).join(' ')} (${arch})`]
      : renderKernel(kernel)),
    ...(all || options ? renderOptions(kernel) : countOptions(kernel)),
    `  modules: ${renderSum(included)}${omitted.modules === 0 ? '' : `; kernel.omit leaves out ${renderSum(omitted)}`}`,
    ...(all
      ? modules.map(({path, sizeBytes}) => `  ${prettyBytes(sizeBytes).padStart(9)}  ${path}`)
      : directories.slice(0, mostDirectories).map(renderDirectory)),
    ...(all || hidden <= 0 ? [] : [`             and ${hidden} smaller directories (--all shows each module)`]),
    ...renderFirmware(kernel, all),
  ].map((line) => printable(line).replaceAll('\n', '\\n'))
}

const renderSum = ({modules, sizeBytes}: DescribedKernel['included']): string =>
  `${count(modules, 'module')}, ${prettyBytes(sizeBytes)}`

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

const renderDirectory = ({path, modules, sizeBytes}: DescribedKernel['directories'][number]): string =>
  `  ${prettyBytes(sizeBytes).padStart(9)}  ${String(modules).padStart(4)}  ${path}`

const unknownOptions = '  options: unknown, because the packages contain no configuration'

function renderOptions({options}: DescribedKernel): readonly string[] {
  if (options === undefined) return [unknownOptions]
  const found = Object.entries(options)
  if (found.length === 0) return ['  options: none matches']
  return found.map(([name, value]) => (value === 'n' ? `  # CONFIG_${name} is not set` : `  CONFIG_${name}=${value}`))
}

function countOptions({options}: DescribedKernel): readonly string[] {
  if (options === undefined) return [unknownOptions]
  const named = (state: string) => Object.entries(options).flatMap(([name, value]) => (value === state ? [name] : []))
  const off = named('n')
  return [
    `  options that Kubernetes and its workloads need: ${named('y').length} built in, ${named('m').length} modules, ${off.length} off${off.length === 0 ? '' : `: ${off.join(' ')}`}`,
  ]
}

function renderFirmware({firmware}: DescribedKernel, all: boolean): readonly string[] {
  const {modules, files, missing} = firmware
  const lacking = new Set(missing.flatMap((each) => each.files)).size
  const asked = `${count(modules, 'module')} ${modules === 1 ? 'asks' : 'ask'} for ${count(files, 'file')}`
  if (lacking === 0) return [`  firmware: ${asked}; the image lacks none`]
  return [
    `  firmware: ${asked}; the image lacks ${lacking} of them${all ? '' : ' (--all shows them)'}`,
    ...(all ? missing.flatMap((each) => [`    ${each.module}`, ...each.files.map((file) => `      ${file}`)]) : []),
  ]
}
