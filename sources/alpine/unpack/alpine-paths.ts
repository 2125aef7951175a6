import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import type {PackagePaths} from '#image'
import {mergedPath} from './merge-usr.ts'
import {unpackApk} from './unpack-apk.ts'

/** Lists the files and symlinks of packages, each with its package, at the paths of a merged `/usr`. */
export const alpinePaths = defineStep({
  kind: 'alpine-paths',
  revision: 1,
  summary: 'lists the files of Alpine packages',
  inputs: {archives: ['file']},
  output: 'file',
  options: z.strictObject({
    /** Packages in the order of the archives, as `name-version`. */
    labels: z.array(z.string()),
  }),
  tools: [],
  async run({inputs, options: {labels}, output, scratch, signal}) {
    const paths: PackagePaths = {}
    for (const [number, archive] of inputs.archives.entries()) {
      signal.throwIfAborted()
      const label = labels[number] ?? archive
      const dataPath = join(scratch, `${number}.tar`)
      const {entries} = await unpackApk(archive, {origin: label, lockedAs: label, dataPath, signal})
      for (const {entry} of entries) {
        if (entry.type === 'directory') continue
        const isSymlink = entry.type === 'symlink'
        paths[mergedPath(entry.path)] = {package: label, ...(isSymlink && {symlink: true as const})}
      }
    }
    await writeFile(output, JSON.stringify(paths))
  },
})
