/** A program's requirements for loading. */
export interface ElfNeeds {
  /** Path of the dynamic linker; a library has none. */
  readonly interpreter: string | undefined
  /** File names of the libraries that it is linked against. */
  readonly needed: readonly string[]
}

/** Program header types and dynamic tags (elf(5)). */
const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1
const DT_STRTAB = 5

/** Longest path, and more libraries than any program has: a file that exceeds them is not a program. */
const MAX_TEXT = 4096
const MAX_NEEDED = 1024

/** Reads the requirements of a little-endian ELF file of 32 or 64 bits; undefined for another file, or a damaged one. */
export function parseElf(bytes: Uint8Array): ElfNeeds | undefined {
  try {
    return readElf(bytes)
  } catch (error) {
    // It refers to offsets beyond its end.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readElf(bytes: Uint8Array): ElfNeeds | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46 || bytes[5] !== 1) return undefined
  const is64 = bytes[4] === 2
  const word = (at: number): number => (is64 ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true))
  const size = is64 ? 8 : 4
  const first = word(is64 ? 32 : 28)
  const entrySize = view.getUint16(is64 ? 54 : 42, true)
  const count = view.getUint16(is64 ? 56 : 44, true)
  const headers = Array.from({length: count}, (_, index) => {
    const at = first + index * entrySize
    const [offset, address, fileSize] = is64 ? [8, 16, 32] : [4, 8, 16]
    return {
      type: view.getUint32(at, true),
      offset: word(at + offset),
      address: word(at + address),
      fileSize: word(at + fileSize),
    }
  })
  const text = (at: number): string => {
    const part = bytes.subarray(at, at + MAX_TEXT)
    const end = part.indexOf(0)
    return Buffer.from(part.subarray(0, end < 0 ? undefined : end)).toString()
  }
  const inFile = (address: number): number => {
    const segment = headers.find(
      (header) => header.type === PT_LOAD && address >= header.address && address < header.address + header.fileSize,
    )
    return segment ? address - segment.address + segment.offset : 0
  }
  const interpreter = headers.find(({type}) => type === PT_INTERP)
  const dynamic = headers.find(({type}) => type === PT_DYNAMIC)
  const tags = dynamic
    ? Array.from({length: Math.floor(Math.min(dynamic.fileSize, bytes.length) / (2 * size))}, (_, index) => {
        const at = dynamic.offset + index * 2 * size
        return {tag: word(at), value: word(at + size)}
      })
    : []
  const strings = inFile(tags.find(({tag}) => tag === DT_STRTAB)?.value ?? 0)
  return {
    interpreter: interpreter && text(interpreter.offset),
    needed: tags
      .filter(({tag}) => tag === DT_NEEDED)
      .slice(0, MAX_NEEDED)
      .map(({value}) => text(strings + value)),
  }
}
