import * as z from 'zod'
import {defineStep} from '#engine'
import {type TreeEntry, writeTree} from '#formats'
import {unxz} from '#tools'
import {unpackDebs} from './deb-archive.ts'
import {mergedUsr} from './merged-usr.ts'
import {readPackageTree} from './read-package-tree.ts'

/** Unpacks the files of packages unchanged: no script runs, so it works for any architecture. */
export const debianUnpack = defineStep({
  kind: 'debian-unpack',
  revision: 1,
  summary: 'unpacks the files of Debian packages unchanged',
  inputs: {archives: ['file']},
  output: 'tree',
  options: z.strictObject({
    /** Packages in the order of the archives, as `name version`. */
    labels: z.array(z.string()),
    /** The labels are names of files that the recipe pins by digest. Default: false. */
    areFiles: z.literal(true).optional(),
  }),
  tools: [unxz],
  async run({inputs, options: {labels, areFiles}, output, scratch, epoch, tool, signal}) {
    const entries = new Map<string, TreeEntry>()
    const archives = inputs.archives.map((path, index) => ({path, label: labels[index] ?? path, isFile: areFiles}))
    for (const {archive, data} of await unpackDebs(archives, {scratch, tool, signal})) {
      for await (const entry of readPackageTree(data, archive)) {
        const path = mergedUsr(entry.path)
        const target = entry.type === 'hardlink' ? {target: mergedUsr(entry.target ?? '')} : {}
        entries.set(path, {...entry, ...target, path})
      }
    }
    await writeTree(output, entries.values(), {epoch})
  },
})
