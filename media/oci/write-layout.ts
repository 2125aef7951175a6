import {createReadStream, createWriteStream} from 'node:fs'
import {readdir, rename, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {makeDirectory, partialPathOf, removePartialFiles, writeAtomically} from '#engine'
import {renderOciIndex} from '#formats'
import {oci} from '#layout'
import type {OciBlob, OciImages} from './open-images.ts'

/**
 * Writes an image as an OCI layout. In a directory that is one already, blobs with the same digest stay, and those of an earlier image go.
 *
 * The index is written after the blobs and before the others are removed: a reader finds the old image or the new one.
 */
export async function writeOciLayout(directory: string, {root, manifests, blobs, tag}: OciImages): Promise<void> {
  const place = join(directory, 'blobs/sha256')
  await makeDirectory(place)
  await removePartialFiles(place)
  for (const blob of blobs) await writeBlob(join(directory, oci.files.blob(blob.digest)), blob)
  for (const {bytes, descriptor} of [...manifests, root])
    await writeAtomically(join(directory, oci.files.blob(descriptor.digest)), bytes)
  await writeAtomically(join(directory, oci.files.marker), '{"imageLayoutVersion":"1.0.0"}')
  const index = renderOciIndex([{...root.descriptor, annotations: {[oci.refName]: tag}}])
  await writeAtomically(join(directory, oci.files.index), index.bytes)
  const used = new Set([...blobs, ...[...manifests, root].map(({descriptor}) => descriptor)].map(({digest}) => digest))
  for (const name of await readdir(place)) if (!used.has(`sha256:${name}`)) await rm(join(place, name))
}

async function writeBlob(path: string, {sizeBytes, content}: OciBlob): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.size === sizeBytes) return
  if ('bytes' in content) return writeAtomically(path, content.bytes)
  const {hostPath, offset} = content
  const partial = partialPathOf(path)
  await pipeline(createReadStream(hostPath, {start: offset, end: offset + sizeBytes - 1}), createWriteStream(partial))
  await rename(partial, path)
}
