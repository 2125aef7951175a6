import {PlanBuilder} from '#engine'
import {kernelFirmware} from '../steps/boot/kernel-firmware.ts'
import {describeKernel, type KernelInfo} from './describe-kernel.ts'
import type {ImageKernel} from './explain-kernels.ts'
import {FirmwareRecord} from './firmware-record.ts'
import {KernelRecord} from './kernel-record.ts'
import {type ReadReportOptions, readReport} from './read-report.ts'

/** A kernel, described as an image has it. */
export type DescribedKernel = Omit<ImageKernel, 'report'> & KernelInfo

interface ReadKernelsOptions extends ReadReportOptions {
  /** Options to show, by name or as globs. Default: those of the table of needs. */
  readonly query: readonly string[]
}

/** Describes kernels. Fetches their packages if they are not in the store. */
export async function readKernels(
  kernels: readonly ImageKernel[],
  {query, plan, kinds, ...options}: ReadKernelsOptions,
): Promise<readonly DescribedKernel[]> {
  const described: DescribedKernel[] = []
  for (const {report, ...kernel} of kernels) {
    // No build needs this step, so the plans of images do not contain it.
    const more = new PlanBuilder(plan.epoch)
    const {step} = more.add(kernelFirmware, {modules: report.modules}, {kernelVersion: kernel.version})
    const reading = {
      ...options,
      plan: {...plan, steps: [...plan.steps, ...more.finish([]).steps]},
      kinds: new Map([...kinds, ...more.kinds]),
    }
    const record = await readReport(report.facts.step, KernelRecord, reading)
    const firmware = await readReport(step, FirmwareRecord, reading)
    described.push({...kernel, ...describeKernel(record, {demands: report.demands, firmware, query})})
  }
  return described
}
