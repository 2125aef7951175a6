import {readFile, writeFile} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {defineStep} from '#engine'
import {judgeKernel} from '../../kernel/judge-kernel.ts'
import {KernelDemands} from '../../kernel/kernel-demands.ts'
import {KernelRecord} from '../../kernel/kernel-record.ts'

/** Compares a kernel with what Kubernetes and the workloads of the image require. The result lists what they only recommend. */
export const kernelCheck = defineStep({
  kind: 'kernel-check',
  revision: 1,
  summary: 'checks that the kernel has what Kubernetes requires',
  inputs: {facts: 'file'},
  output: 'file',
  options: KernelDemands,
  tools: [],
  async run({inputs, options, output}) {
    const record = KernelRecord.parse(JSON.parse(await readFile(inputs.facts, 'utf8')))
    const findings = judgeKernel(record, options)
    const missing = findings.filter(({isRequired}) => isRequired)
    if (missing.length > 0) {
      throw new HaosError('IMAGE_UNSOUND', `the kernel ${record.version} lacks what the image requires`, {
        at: 'kernel',
        problems: missing.map(({path, message, hint}) => ({path, message, hint})),
        hint: 'Choose another kernel, or name options that the image can do without in `kernel.mayLack`.',
      })
    }
    await writeFile(output, JSON.stringify(findings))
  },
})
