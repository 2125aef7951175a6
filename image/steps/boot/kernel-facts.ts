import {writeFile} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'
import {contentSize, readContent, readTree, type TreeEntry} from '#formats'
import type {KernelRecord} from '../../kernel/kernel-record.ts'

/** Records what the packages of a kernel say of it: configuration and modules. */
export const kernelFacts = defineStep({
  kind: 'kernel-facts',
  revision: 1,
  summary: "reads a kernel's configuration and the list of its modules",
  inputs: {packages: 'tree'},
  output: 'file',
  options: z.strictObject({kernelVersion: z.string()}),
  tools: [],
  async run({inputs, options: {kernelVersion: version}, output}) {
    const modules: KernelRecord['modules'] = []
    const texts = new Map<string, string>()
    for await (const entry of readTree(inputs.packages)) {
      if (entry.type !== 'file') continue
      const path = entry.path.replace(/^\/usr(?=\/lib\/)/, '')
      const below = path.startsWith(`/lib/modules/${version}/`) ? path.slice(`/lib/modules/${version}/`.length) : ''
      if (/\.ko(?:\.\w+)?$/.test(below)) modules.push({path: below, sizeBytes: sizeOf(entry)})
      else if (below === 'modules.builtin' || below === 'config') texts.set(below, await textOf(entry))
      else if (path === `/boot/config-${version}`) texts.set('config', await textOf(entry))
    }
    const config = texts.get('config')
    const record: KernelRecord = {
      version,
      ...(config !== undefined && {config}),
      modules: modules.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      builtin: (texts.get('modules.builtin') ?? '').split('\n').filter(Boolean),
    }
    await writeFile(output, JSON.stringify(record))
  },
})

const sizeOf = ({content}: TreeEntry): number => (content === undefined ? 0 : contentSize(content))

const textOf = async ({content}: TreeEntry): Promise<string> =>
  content === undefined ? '' : Buffer.from(await readContent(content)).toString()
