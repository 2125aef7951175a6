import {matchesGlob} from 'node:path'
import {type KernelUser, kernelNeeds, parseKernelConfig} from '#dsl'
import type {FirmwareRecord} from './firmware-record.ts'
import {judgeKernel, type KernelFinding} from './judge-kernel.ts'
import type {KernelDemands} from './kernel-demands.ts'
import type {KernelRecord} from './kernel-record.ts'
import {type MissingFirmware, missingFirmware} from './missing-firmware.ts'
import {omittedBy} from './omitted-by.ts'

/** Modules that share a directory or another property, and their size in bytes, as packed. */
export interface ModuleShare {
  readonly path: string
  readonly modules: number
  readonly sizeBytes: number
}

/** What is known of a kernel and its modules. Plain data. */
export interface KernelInfo {
  readonly version: string
  readonly users: readonly KernelUser[]
  /**
   * Options by name: `y`, `m`, a number or a text, and `n` for those that are off. Those that the query asks for, or else all that the table
   * of needs names. Absent if the packages contain no configuration.
   */
  readonly options?: Readonly<Record<string, string>>
  readonly findings: readonly KernelFinding[]
  /** Modules of the image, the largest first: path below `/usr/lib/modules/VERSION`, and size in bytes, as packed. */
  readonly modules: KernelRecord['modules']
  /** The same by directory. */
  readonly directories: readonly ModuleShare[]
  /** All modules of the image. */
  readonly included: Omit<ModuleShare, 'path'>
  /** Modules that `kernel.omit` leaves out. */
  readonly omitted: Omit<ModuleShare, 'path'>
  readonly firmware: {
    /** Modules of the image that ask for firmware. */
    readonly modules: number
    /** Files, or globs of files, that they ask for. */
    readonly files: number
    /** What the image lacks of them. */
    readonly missing: readonly MissingFirmware[]
  }
}

interface DescribeKernelOptions {
  readonly demands: KernelDemands
  readonly firmware: FirmwareRecord
  /** Options to show, by name without `CONFIG_` or as globs. Default: those of the table of needs. */
  readonly query?: readonly string[]
}

/** Describes a kernel as an image has it. Pure. */
export function describeKernel(
  record: KernelRecord,
  {demands, firmware, query = []}: DescribeKernelOptions,
): KernelInfo {
  const {version, config, modules} = record
  const isOmitted = ({path}: {readonly path: string}) => omittedBy(path, demands.omit) !== undefined
  const kept = modules.filter((module) => !isOmitted(module))
  const directories = [...Map.groupBy(kept, ({path}) => directoryOf(path))].map(([path, found]) => ({
    path,
    ...sumOf(found),
  }))
  return {
    version,
    users: demands.users,
    ...(config !== undefined && {options: optionsOf(config, query)}),
    findings: judgeKernel(record, demands),
    modules: kept.toSorted(bySize),
    directories: directories.sort(bySize),
    included: sumOf(kept),
    omitted: sumOf(modules.filter(isOmitted)),
    firmware: {
      modules: firmware.asked.length,
      files: new Set(firmware.asked.flatMap(({files}) => files)).size,
      missing: missingFirmware(firmware, config),
    },
  }
}

const bySize = (a: SizedPath, b: SizedPath): number => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1)
type SizedPath = Pick<ModuleShare, 'path' | 'sizeBytes'>

const sumOf = (modules: KernelRecord['modules']) => ({
  modules: modules.length,
  sizeBytes: modules.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0),
})

/** The directory by which `kernel.omit` would exclude a module, to two levels: `drivers/net`. */
const directoryOf = (path: string): string => path.split('/').slice(1, -1).slice(0, 2).join('/')

function optionsOf(text: string, query: readonly string[]): Record<string, string> {
  const config = parseKernelConfig(text)
  const isGlob = (word: string) => /[*?[{]/.test(word)
  const names =
    query.length === 0
      ? kernelNeeds.flatMap(({options}) => Object.keys(options))
      : query
          .map((word) => word.replace(/^CONFIG_/, ''))
          .flatMap((word) => (isGlob(word) ? [...config.keys()].filter((name) => matchesGlob(name, word)) : [word]))
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, config.get(name) ?? 'n']))
}
