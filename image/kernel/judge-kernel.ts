import * as z from 'zod'
import {checkKernel, consequenceOf, type KernelLack, kernelNeeds, moduleName} from '#dsl'
import type {KernelDemands} from './kernel-demands.ts'
import {type KernelRecord, kernelFactsOf} from './kernel-record.ts'
import {omittedBy} from './omitted-by.ts'

/** One option that the image's kernel lacks: where it shows, why it matters, and what to do. */
export const KernelFinding = z.strictObject({
  path: z.string(),
  message: z.string(),
  hint: z.string(),
  /** Whether something in the image does not work without it. */
  isRequired: z.boolean(),
})
export type KernelFinding = z.output<typeof KernelFinding>

/** Compares a kernel with what the image asks of it. Pure. */
export function judgeKernel(record: KernelRecord, demands: KernelDemands): readonly KernelFinding[] {
  const {users, omit, mayLack} = demands
  return checkKernel(kernelFactsOf(record, omit), kernelNeeds, users)
    .filter(({option}) => !mayLack.includes(option))
    .map((lack) => {
      const isRequired = lack.required.length > 0 && lack.state !== 'unknown'
      const consequence = consequenceOf(lack)
      const otherwise = lack.fix === undefined ? '' : `, or ${lack.fix}`
      const omitted = omissionOf(lack, record, omit)
      if (omitted !== undefined)
        return {
          path: 'kernel.omit',
          message: `excludes ${lack.module} with "${omitted}", which ${consequence}`,
          hint: `Remove "${omitted}" from \`kernel.omit\`${otherwise}.`,
          isRequired,
        }
      return {
        path: `CONFIG_${lack.option}`,
        message: `${stateOf(lack, record)}, which ${consequence}`,
        hint: `${kernelFix(lack)}${otherwise}.`,
        isRequired,
      }
    })
}

/** The glob that takes a module away which the kernel's packages contain. */
const omissionOf = ({module, state}: KernelLack, {modules}: KernelRecord, omit: readonly string[]) =>
  state !== 'no-module' || module === undefined
    ? undefined
    : modules.filter(({path}) => moduleName(path) === module).map(({path}) => omittedBy(path, omit))[0]

function stateOf({state, module}: KernelLack, {version}: KernelRecord): string {
  if (state === 'off') return `is off in the kernel ${version}`
  if (state === 'no-module')
    return `is the module ${module}, which the packages of the kernel ${version} do not contain`
  return `is unknown, because the packages of the kernel ${version} contain no configuration`
}

function kernelFix({option, state, module}: KernelLack): string {
  if (state === 'unknown') return `Check the kernel yourself, and add "${option}" to \`kernel.mayLack\``
  if (state === 'no-module') return `Add the package that contains ${module}.ko, or choose another kernel`
  return `Choose a kernel that is built with CONFIG_${option}`
}
