import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import {type TreeEntry, writeTree} from '#formats'
import {gzip} from '#tools'

const path = z.string().regex(/^(?:[^/\0]+\/)*[^/\0]+$/, 'must be a relative path')

/**
 * Packs the files to extract over the root of another system: a gzipped tar, whose paths begin with one directory to be
 * stripped.
 */
export const rootTarball = defineStep({
  kind: 'root-tarball',
  revision: 2,
  summary: 'packs the root tarball',
  inputs: {files: ['file']},
  output: 'file',
  options: z.strictObject({
    /** First component of all paths. */
    top: z.string(),
    /** Paths of the input files, in their order. */
    paths: z.array(path),
    texts: z.record(path, z.string()),
    links: z.record(path, z.string()),
    /** Permissions of files other than 0644. */
    modes: z.record(path, z.string().regex(/^0[0-7]{3}$/)),
  }),
  tools: [gzip],
  async run({inputs, options: {top, paths, texts, links, modes}, output, scratch, epoch, tool}) {
    const owner = {uid: 0, gid: 0}
    const modeOf = (place: string) => Number.parseInt(modes[place] ?? '0644', 8)
    const files = paths.map(async (place, index): Promise<TreeEntry> => {
      const hostPath = inputs.files[index] ?? ''
      const content = {hostPath, offset: 0, sizeBytes: (await stat(hostPath)).size}
      return {path: `/${top}/${place}`, type: 'file', mode: modeOf(place), ...owner, content}
    })
    const entries: TreeEntry[] = [
      ...(await Promise.all(files)),
      ...Object.entries(texts).map(([place, text]): TreeEntry => {
        const content = {bytes: Buffer.from(text)}
        return {path: `/${top}/${place}`, type: 'file', mode: modeOf(place), ...owner, content}
      }),
      ...Object.entries(links).map(([place, target]): TreeEntry => {
        return {path: `/${top}/${place}`, type: 'symlink', mode: 0o777, ...owner, target}
      }),
    ]
    const plain = join(scratch, 'root.tar')
    // Without directories: tar would replace a symlink such as /sbin by one.
    await writeTree(plain, entries, {epoch, bare: true})
    // Most of it is compressed already.
    await tool(gzip, {level: 1}, {stdin: plain, stdout: output})
  },
})
