import {createReadStream, createWriteStream} from 'node:fs'
import {copyFile, open} from 'node:fs/promises'
import {join} from 'node:path'
import {Transform} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGunzip, createZstdDecompress} from 'node:zlib'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {defineStep, type ToolRun} from '#engine'
import {readTree, type TreeEntry, writeTree} from '#formats'
import {unxz} from '#tools'

/** Several times the modules of a distribution's kernel with debugging information. */
const maxTarBytes = 16 * 1024 ** 3

/** Lays out the files of a kernel as Debian's packages have them. */
export const kernelFiles = defineStep({
  kind: 'kernel-files',
  revision: 1,
  summary: 'lays out a kernel, its modules and their lists',
  inputs: {kernel: 'file', modules: 'file', more: ['file']},
  output: 'tree',
  options: z.strictObject({
    kernelVersion: z.string(),
    /** What the files of `more` are, in their order. */
    more: z.array(z.enum(['System.map', 'config'])),
  }),
  tools: [unxz],
  async run({inputs, options: {kernelVersion, more}, output, scratch, epoch, tool, signal}) {
    const entries: TreeEntry[] = [await fileEntry(`/boot/vmlinuz-${kernelVersion}`, inputs.kernel)]
    for (const [index, name] of more.entries())
      entries.push(await fileEntry(`/boot/${name}-${kernelVersion}`, inputs.more[index] ?? ''))
    const tar = await unpackTar(inputs.modules, {scratch, tool, signal})
    const start = `/lib/modules/${kernelVersion}/`
    for await (const entry of readTree(tar, {damaged: brokenModules})) {
      const at = entry.path.indexOf(start)
      // The links `build` and `source` lead to the machine that compiled it.
      if (at < 0 || entry.type !== 'file') continue
      const path = `/usr${entry.path.slice(at)}`
      if (path.split('/').includes('..'))
        throw brokenModules(`it contains the path ${JSON.stringify(path.slice(0, 200))}`)
      entries.push({path, type: 'file', mode: 0o644, uid: 0, gid: 0, ...(entry.content && {content: entry.content})})
    }
    await writeTree(output, entries, {epoch})
  },
})

async function fileEntry(path: string, hostPath: string): Promise<TreeEntry> {
  await using file = await open(hostPath)
  const {size: sizeBytes} = await file.stat()
  return {path, type: 'file', mode: 0o644, uid: 0, gid: 0, content: {hostPath, offset: 0, sizeBytes}}
}

interface UnpackTarOptions {
  readonly scratch: string
  readonly tool: ToolRun
  readonly signal: AbortSignal
}

/** Decompresses an archive, which its first bytes identify, and returns the host path of the tar file. */
async function unpackTar(path: string, {scratch, tool, signal}: UnpackTarOptions): Promise<string> {
  const start = await startOf(path)
  const tar = join(scratch, 'modules.tar')
  if (start.startsWith('fd377a585a00')) {
    await copyFile(path, `${tar}.xz`)
    try {
      await tool(unxz, {files: [`${tar}.xz`]}, {maxFileBytes: maxTarBytes})
    } catch (error) {
      if (error instanceof HaosError && error.code === 'TOOL_FAILED') throw damagedData()
      throw error
    }
    return tar
  }
  const unpack = start.startsWith('1f8b')
    ? createGunzip()
    : start.startsWith('28b52ffd')
      ? createZstdDecompress()
      : undefined
  if (unpack === undefined) return path
  let unpacked = 0
  const count = new Transform({
    transform(piece: Buffer, _, done) {
      unpacked += piece.length
      done(unpacked > maxTarBytes ? brokenModules(`it unpacks to more than ${maxTarBytes} bytes`) : null, piece)
    },
  })
  try {
    await pipeline(createReadStream(path), unpack, count, createWriteStream(tar), {signal})
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_)/.test(String(error.code))) throw damagedData()
    throw error
  }
  return tar
}

async function startOf(path: string): Promise<string> {
  await using file = await open(path)
  const {buffer, bytesRead} = await file.read(Buffer.alloc(6), 0, 6, 0)
  return buffer.subarray(0, bytesRead).toString('hex')
}

const damagedData = (): HaosError => brokenModules('its compressed data are damaged')

const brokenModules = (problem: string): HaosError =>
  new HaosError('PACKAGE_INVALID', `the archive of the kernel's modules cannot be used: ${problem}`, {
    at: 'kernel.from.modules',
    hint: 'Give a tar archive of lib/modules/VERSION, plain or compressed with gzip, xz or zstd.',
  })
