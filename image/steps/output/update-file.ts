import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {mkdir, open, symlink, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {defineStep} from '#engine'
import {renderUpdateHeader, updateHeaderBytes} from '#layout'
import {xorrisoData} from '#tools'

const isoPath = z.string().regex(/^(?:[A-Za-z0-9._+~@-]+\/)*[A-Za-z0-9._+~@-]+$/, 'must be a relative path')

/**
 * Writes an update file: an ISO with a release, whose first 32 KiB are a script that upgrades a node to it.
 *
 * Such a file needs no unpacking, which would take the size of the release twice: the node mounts it.
 */
export const updateFile = defineStep({
  kind: 'update-file',
  revision: 1,
  summary: 'writes the update file',
  inputs: {files: ['file']},
  output: 'file',
  options: z.strictObject({
    volume: z.string().regex(/^[A-Z0-9_]{1,32}$/, 'must be 1 to 32 of A-Z, 0-9 and _'),
    /** Paths of the input files in the ISO, in their order. */
    paths: z.array(isoPath),
    texts: z.record(isoPath, z.string()),
    links: z.record(isoPath, z.string()),
    /** Template of the script. */
    script: z.string(),
    /** Values in it. */
    about: z.strictObject({name: z.string(), title: z.string(), version: z.string(), arch: z.string()}),
  }),
  tools: [xorrisoData],
  async run({inputs, options: {volume, paths, texts, links, script, about}, output, scratch, epoch, signal, tool}) {
    const directory = join(scratch, 'iso')
    const at = async (path: string) => {
      await mkdir(dirname(join(directory, path)), {recursive: true})
      return join(directory, path)
    }
    for (const [path, text] of Object.entries(texts)) await writeFile(await at(path), text)
    for (const [path, target] of Object.entries(links)) await symlink(target, await at(path))
    const pathList = join(scratch, 'paths')
    await writeFile(pathList, `${inputs.files.map((file, index) => `${paths[index]}=${file}`).join('\n')}\n`)
    await tool(xorrisoData, {output, volume, epoch, directory, pathList})
    const sha256 = await digestAfterHeader(output, signal)
    await using file = await open(output, 'r+')
    await file.write(padded(renderUpdateHeader(script, {...about, sha256})), 0, updateHeaderBytes, 0)
  },
})

async function digestAfterHeader(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, {start: updateHeaderBytes, signal})) hash.update(piece)
  return hash.digest('hex')
}

/** Line breaks, because a shell may warn of zeros in a script. */
function padded(text: string): Buffer {
  const header = Buffer.alloc(updateHeaderBytes, '\n')
  if (header.write(text) < Buffer.byteLength(text))
    throw new HaosError('RECIPE_INVALID', "the product's title is too long for an update file", {
      at: 'identity.title',
      hint: 'Shorten it.',
    })
  return header
}
