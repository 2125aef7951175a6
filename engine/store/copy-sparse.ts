import {constants} from 'node:fs'
import {copyFile, open, stat, truncate, writeFile} from 'node:fs/promises'

/** Bytes per read: many, because most of a disk is holes, where system calls cost more than the bytes. */
const readBytes = 1 << 20
/** Bytes that are written or skipped at once. */
const blockBytes = 1 << 16

/** Copies a file into an existing file at an offset. Skips blocks of zeros, so that holes stay holes. */
export async function copySparse(from: string, to: string, atBytes: number): Promise<void> {
  await using source = await open(from, 'r')
  await using target = await open(to, 'r+')
  const buffer = Buffer.alloc(readBytes)
  const zeros = Buffer.alloc(readBytes)
  for (let position = 0; ; ) {
    const {bytesRead} = await source.read(buffer, 0, readBytes, position)
    if (bytesRead === 0) return
    const isZero = (start: number, end: number) => buffer.subarray(start, end).equals(zeros.subarray(start, end))
    if (!isZero(0, bytesRead)) {
      for (let start = 0; start < bytesRead; start += blockBytes) {
        const end = Math.min(start + blockBytes, bytesRead)
        if (!isZero(start, end)) await target.write(buffer, start, end - start, atBytes + position + start)
      }
    }
    position += bytesRead
  }
}

/** Copies a file, copy-on-write if the file system supports it, and otherwise with its holes. */
export async function copyWithHoles(from: string, to: string): Promise<void> {
  const {size, blocks} = await stat(from)
  if (blocks * 512 >= size) return copyFile(from, to, constants.COPYFILE_FICLONE)
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE)
  } catch {
    // Other failures recur here.
    await writeFile(to, '')
    await truncate(to, size)
    await copySparse(from, to, 0)
  }
}
