import * as z from 'zod'
import {defineStep} from '#engine'
import {readTree, type TreeEntry, writeTree} from '#formats'
import {unxz} from '#tools'
import {unpackDebs} from './deb-archive.ts'
import {mergedUsr} from './merged-usr.ts'

/** Takes the files of packages as they are: no script runs, so it works for any architecture. */
export const debianUnpack = defineStep({
  kind: 'debian-unpack',
  revision: 1,
  summary: 'takes the files of Debian packages as they are',
  inputs: {archives: ['file']},
  output: 'tree',
  options: z.strictObject({}),
  tools: [unxz],
  async run({inputs, output, scratch, epoch, tool, signal}) {
    const entries = new Map<string, TreeEntry>()
    for (const {data} of await unpackDebs(inputs.archives, {scratch, tool, signal})) {
      for await (const entry of readTree(data)) {
        const path = mergedUsr(entry.path)
        const target = entry.type === 'hardlink' ? {target: mergedUsr(entry.target ?? '')} : {}
        entries.set(path, {...entry, ...target, path})
      }
    }
    await writeTree(output, entries.values(), {epoch})
  },
})
