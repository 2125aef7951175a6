import {createReadStream} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep} from '#engine'
import type {TreeEntry} from '#formats'
import {encodeCpio, encodeInitrdTail} from '#formats'

const treePath = z.string().regex(/^(?:[^/\0]+\/)*[^/\0]+$/, 'must be a relative path')

/**
 * Adds a system to an initrd, so that kernel and initrd suffice to boot.
 *
 * The system's layers are already compressed, and follow in a separate uncompressed archive: the kernel accepts several
 * concatenated archives (Documentation/driver-api/early-userspace/buffer-format.rst) and frees them once unpacked, and
 * stage 0 mounts the layers in place, so that nothing is in memory twice. The tail records the offset of that archive,
 * so that the config can be replaced later.
 */
export const liveInitrd = defineStep({
  kind: 'live-initrd',
  revision: 2,
  summary: 'adds the system to the initrd',
  inputs: {initrd: 'file', files: ['file']},
  output: 'file',
  options: z.strictObject({
    /** Paths of the input files, in their order. */
    paths: z.array(treePath),
    texts: z.record(treePath, z.string()).default({}),
    links: z.record(treePath, z.string()).default({}),
    /** Permissions of files other than 0644. */
    modes: z.record(treePath, z.string().regex(/^0[0-7]{3}$/)).default({}),
    /** Path of the node's config. */
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
    // An archive begins at a multiple of four bytes.
    const archiveAt = Math.ceil(size / 4) * 4
    await file.writeFile(new Uint8Array(archiveAt - size))
    await file.writeFile(encodeCpio(entries, {epoch}))
    await file.writeFile(encodeInitrdTail({config: `/${configPath}`, archiveAt}))
  },
})
