import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {defineStep} from '#engine'
import {readContent, type TreeEntry} from '#formats'
import type {PackagePaths} from '#image'
import {unxz} from '#tools'
import {isExcluded} from '../install/excluded-paths.ts'
import {mergedUsr} from './merged-usr.ts'
import {readControl} from './read-control.ts'
import {readDeb} from './read-deb.ts'
import {unpackMembers} from './unpack-members.ts'

/** Maximum size of a package's scripts and lists; only these are unpacked here. */
const MAX_CONTROL_BYTES = 64 << 20

/**
 * Lists the files of packages, each with its package, from the checksums and conffiles in their control files
 * (deb-conffiles(5)), which are a hundredth of the packages' size. Symlinks and empty directories are not listed.
 */
export const debianPaths = defineStep({
  kind: 'debian-paths',
  revision: 2,
  summary: 'lists the files of Debian packages',
  inputs: {archives: ['file']},
  output: 'file',
  options: z.strictObject({
    /** Packages in the order of the archives, as `name version`. */
    labels: z.array(z.string()),
  }),
  tools: [unxz],
  async run({inputs, options: {labels}, output, scratch, tool, signal}) {
    const archives = inputs.archives.map((path, index) => ({path, label: labels[index] ?? path}))
    const members = archives.map((archive, index) => ({
      archive,
      member: readDeb(archive).control,
      output: join(scratch, `${index}.control.tar`),
      limitBytes: MAX_CONTROL_BYTES,
    }))
    await unpackMembers(members, {tool, signal})
    const paths: PackagePaths = {}
    for (const {archive, output: tar} of members) {
      const {scripts} = await readControl(tar, archive)
      const listed = [
        ...(await linesOf(scripts.get('md5sums'))).map((line) => `/${line.replace(/^[0-9a-f]{32} {2}/, '')}`),
        ...(await linesOf(scripts.get('conffiles'))),
      ]
      for (const path of listed.map(mergedUsr)) if (!isExcluded(path)) paths[path] = {package: archive.label}
    }
    await writeFile(output, JSON.stringify(paths))
  },
})

async function linesOf(entry: TreeEntry | undefined): Promise<string[]> {
  if (entry?.content === undefined) return []
  const text = Buffer.from(await readContent(entry.content)).toString()
  return text.split('\n').filter((line) => line !== '')
}
