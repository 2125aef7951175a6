import {open} from 'node:fs/promises'

/** A range of a file. */
export interface Range {
  readonly hostPath: string
  /** First byte. */
  readonly offset: number
  readonly sizeBytes: number
}

const chunkBytes = 1 << 20

/** Offset of the first byte that differs, counted from the beginning of both ranges; undefined if they are equal. */
export async function firstDifferentByte(left: Range, right: Range): Promise<number | undefined> {
  await using a = await open(left.hostPath)
  await using b = await open(right.hostPath)
  const common = Math.min(left.sizeBytes, right.sizeBytes)
  for (let at = 0; at < common; at += chunkBytes) {
    const length = Math.min(chunkBytes, common - at)
    const [x, y] = await Promise.all([
      a.read(Buffer.alloc(length), 0, length, left.offset + at),
      b.read(Buffer.alloc(length), 0, length, right.offset + at),
    ])
    const [mine, other] = [x.buffer.subarray(0, x.bytesRead), y.buffer.subarray(0, y.bytesRead)]
    if (!mine.equals(other)) {
      const within = mine.findIndex((byte, index) => byte !== other[index])
      return at + (within === -1 ? mine.length : within)
    }
  }
  return left.sizeBytes === right.sizeBytes ? undefined : common
}
