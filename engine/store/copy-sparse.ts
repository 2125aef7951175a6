import {open} from 'node:fs/promises'

const blockBytes = 1 << 16

/** Copies a file into a place of another one, which is there already. Blocks of zeros are left out, so that holes stay holes. */
export async function copySparse(from: string, to: string, atBytes: number): Promise<void> {
  await using source = await open(from, 'r')
  await using target = await open(to, 'r+')
  const block = Buffer.alloc(blockBytes)
  const zeros = Buffer.alloc(blockBytes)
  for (let position = 0; ; ) {
    const {bytesRead} = await source.read(block, 0, blockBytes, position)
    if (bytesRead === 0) return
    const part = block.subarray(0, bytesRead)
    if (!part.equals(zeros.subarray(0, bytesRead))) await target.write(part, 0, bytesRead, atBytes + position)
    position += bytesRead
  }
}
