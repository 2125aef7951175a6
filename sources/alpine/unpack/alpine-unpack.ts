import {join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import {type TreeEntry, writeTree} from '#formats'
import {mergedPath} from './merge-usr.ts'
import {unpackApk} from './unpack-apk.ts'

/** Unpacks the files of packages unchanged, at the paths of a merged `/usr`. */
export const alpineUnpack = defineStep({
  kind: 'alpine-unpack',
  revision: 1,
  summary: 'unpacks the files of Alpine packages unchanged',
  inputs: {archives: ['file']},
  output: 'tree',
  options: z.strictObject({
    /** Packages in the order of the archives, as `name-version`. */
    labels: z.array(z.string()),
  }),
  tools: [],
  async run({inputs, options: {labels}, output, scratch, epoch, signal}) {
    const entries = new Map<string, TreeEntry>()
    for (const [number, archive] of inputs.archives.entries()) {
      signal.throwIfAborted()
      const dataPath = join(scratch, `${number}.tar`)
      const {entries: packaged} = await unpackApk(archive, {
        origin: labels[number] ?? archive,
        lockedAs: labels[number],
        dataPath,
        signal,
      })
      for (const {entry} of packaged) {
        const path = mergedPath(entry.path)
        const target = entry.type === 'hardlink' ? {target: mergedPath(entry.target ?? '')} : {}
        entries.set(path, {...entry, ...target, path})
      }
    }
    await writeTree(output, entries.values(), {epoch})
  },
})
