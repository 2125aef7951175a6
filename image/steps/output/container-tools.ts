import {readFile} from 'node:fs/promises'
import * as z from 'zod'
import {ImagePath} from '#dsl'
import {defineStep} from '#engine'
import {readTree, type TreeEntry, writeTree} from '#formats'
import {takePrograms} from '../boot/take-programs.ts'

const root = {uid: 0, gid: 0}

/**
 * The root of a container in which the node's program can run: busybox, some programs of the packages with their libraries, and
 * certificate authorities.
 */
export const containerTools = defineStep({
  kind: 'container-tools',
  revision: 1,
  summary: 'collects the programs of the container',
  inputs: {packages: 'tree', busybox: 'file'},
  output: 'tree',
  options: z.strictObject({
    /** Programs of the packages. Missing ones are skipped: busybox may have them. */
    programs: z.array(ImagePath),
    /** Names under which busybox is called. */
    applets: z.array(z.string()),
    /** Other files of the packages, with their paths. */
    files: z.array(ImagePath),
  }),
  tools: [],
  async run({inputs, options: {programs, applets, files}, output, epoch}) {
    const busybox = {bytes: await readFile(inputs.busybox)}
    const wanted = new Set(files)
    const found: TreeEntry[] = []
    for await (const entry of readTree(inputs.packages)) if (wanted.has(entry.path)) found.push(entry)
    const entries: TreeEntry[] = [
      ...['/proc', '/sys', '/dev', '/run', '/host'].map(
        (path): TreeEntry => ({path, type: 'directory', mode: 0o755, ...root}),
      ),
      {path: '/tmp', type: 'directory', mode: 0o1777, ...root},
      ...['bin', 'sbin', 'lib'].map(
        (name): TreeEntry => ({path: `/usr/${name}`, type: 'symlink', target: `../${name}`, mode: 0o777, ...root}),
      ),
      {path: '/sbin', type: 'directory', mode: 0o755, ...root},
      ...applets.map(
        (name): TreeEntry => ({path: `/bin/${name}`, type: 'symlink', target: 'busybox', mode: 0o777, ...root}),
      ),
      {path: '/bin/busybox', type: 'file', mode: 0o755, ...root, content: busybox},
      // Later entries win: a program of the packages knows more options than busybox.
      ...(await takePrograms(inputs.packages, programs)).map((entry) => ({
        ...entry,
        path: entry.path.replace(/^\/usr\/(bin|sbin|lib)\//, '/$1/').replace(/^\/sbin\//, '/bin/'),
      })),
      ...found,
    ]
    await writeTree(output, entries, {epoch})
  },
})
