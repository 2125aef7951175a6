import * as z from 'zod'
import {type KernelFacts, moduleName, parseKernelConfig} from '#dsl'
import {omittedBy} from './omitted-by.ts'

/** What a kernel's packages say of it: the result of the step `kernel-facts`. */
export const KernelRecord = z.strictObject({
  version: z.string(),
  /** Text of its configuration; absent if the packages do not contain it. */
  config: z.string().optional(),
  /** Modules by path below the version's directory, and their sizes in bytes, as packed. */
  modules: z.array(z.strictObject({path: z.string(), sizeBytes: z.int()})),
  /** Paths of modules that are built in. */
  builtin: z.array(z.string()),
})
export type KernelRecord = z.output<typeof KernelRecord>

/** The kernel as the image has it: without the modules that the recipe leaves out. */
export const kernelFactsOf = ({config, modules, builtin}: KernelRecord, omit: readonly string[]): KernelFacts => ({
  config: config === undefined ? undefined : parseKernelConfig(config),
  modules: new Set(modules.flatMap(({path}) => (omittedBy(path, omit) === undefined ? [moduleName(path)] : []))),
  builtin: new Set(builtin.map(moduleName)),
})
