import {createReadStream} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'
import type {TreeEntry} from '#formats'
import {encodeCpio, encodeInitrdTail} from '#formats'

const treePath = z.string().regex(/^(?:[^/\0]+\/)*[^/\0]+$/, 'must be a relative path')

/**
 * Adds a system to an initrd, so that kernel and initrd alone are enough to boot.
 *
 * The system's layers are compressed already and follow as an archive of their own, uncompressed: the kernel takes several
 * archives one after another (Documentation/driver-api/early-userspace/buffer-format.rst), frees them when they are
 * unpacked, and stage 0 mounts the layers where they lie, so that nothing is in memory twice. The end says where that
 * archive is, so that another config can be put in later.
 */
export const liveInitrd = defineStep({
  kind: 'live-initrd',
  revision: 2,
  summary: 'adds the system to the initrd',
  inputs: {initrd: 'file', files: ['file']},
  output: 'file',
  options: z.strictObject({
    /** Path of each of the input files, in their order. */
    paths: z.array(treePath),
    texts: z.record(treePath, z.string()).default({}),
    links: z.record(treePath, z.string()).default({}),
    /** Permissions of files that are not 0644. */
    modes: z.record(treePath, z.string().regex(/^0[0-7]{3}$/)).default({}),
    /** Which of them is the node's config. */
    configPath: treePath,
  }),
  tools: [],
  async run({inputs, options: {paths, texts, links, modes, configPath}, output, epoch}) {
    const owner = {uid: 0, gid: 0}
    const modeOf = (path: string) => Number.parseInt(modes[path] ?? '0644', 8)
    const entries: TreeEntry[] = [
      ...(await Promise.all(
        paths.map(async (path, index): Promise<TreeEntry> => {
          const hostPath = inputs.files[index] ?? ''
          const {size} = await stat(hostPath)
          const content = {hostPath, offset: 0, sizeBytes: size}
          return {path: `/${path}`, type: 'file', mode: modeOf(path), ...owner, content}
        }),
      )),
      ...Object.entries(texts).map(([path, text]): TreeEntry => {
        const content = {bytes: Buffer.from(text)}
        return {path: `/${path}`, type: 'file', mode: modeOf(path), ...owner, content}
      }),
      ...Object.entries(links).map(([path, target]): TreeEntry => {
        return {path: `/${path}`, type: 'symlink', mode: 0o777, ...owner, target}
      }),
    ]
    await using file = await open(output, 'w')
    const {size} = await stat(inputs.initrd)
    await file.writeFile(createReadStream(inputs.initrd))
    // An archive begins at a multiple of four.
    const archiveAt = Math.ceil(size / 4) * 4
    await file.writeFile(new Uint8Array(archiveAt - size))
    await file.writeFile(encodeCpio(entries, {epoch}))
    await file.writeFile(encodeInitrdTail({config: `/${configPath}`, archiveAt}))
  },
})
