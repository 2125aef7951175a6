import {constants} from 'node:fs'
import {copyFile, open, stat, truncate, writeFile} from 'node:fs/promises'

/** What is read at once: much, because most of a disk is holes, where the calls cost more than the bytes. */
const readBytes = 1 << 20
/** What is written or left out at once. */
const blockBytes = 1 << 16

/** Copies a file into a place of another one, which is there already. Blocks of zeros are left out, so that holes stay holes. */
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

/** Copies a file, copy-on-write where the file system can, and else with the holes that it has. */
export async function copyWithHoles(from: string, to: string): Promise<void> {
  const {size, blocks} = await stat(from)
  if (blocks * 512 >= size) return copyFile(from, to, constants.COPYFILE_FICLONE)
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE)
  } catch {
    // Whatever else is wrong is found again here.
    await writeFile(to, '')
    await truncate(to, size)
    await copySparse(from, to, 0)
  }
}
