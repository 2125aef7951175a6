/** The decompressed data, and the offset at which the compressed data ended. */
export interface Inflated {
  readonly output: Uint8Array
  readonly end: number
}

/**
 * Decompresses a DEFLATE stream (RFC 1951) that begins at `start`. Throws an Error if it is damaged or larger than
 * `maxBytes`.
 */
export function inflate(data: Uint8Array, start: number, maxBytes: number): Inflated {
  const bits = new BitReader(data, start)
  const output = new Output(maxBytes)
  let isLast = false
  while (!isLast) {
    isLast = bits.take(1) === 1
    const kind = bits.take(2)
    if (kind === 0) copyStored(bits, output)
    else if (kind === 1) unpackBlock(bits, output, fixedCodes())
    else if (kind === 2) unpackBlock(bits, output, readCodes(bits))
    else throw damaged()
  }
  return {output: output.finish(), end: bits.byteOffset()}
}

const damaged = () => new Error('is damaged')

class BitReader {
  readonly #data: Uint8Array
  #at: number
  #held = 0
  #count = 0

  constructor(data: Uint8Array, start: number) {
    this.#data = data
    this.#at = start
  }

  /** The next bits, at most 16, lowest first; zeros after the end. */
  peek(count: number): number {
    while (this.#count < count) {
      this.#held |= (this.#data[this.#at++] ?? 0) << this.#count
      this.#count += 8
    }
    return this.#held & ((1 << count) - 1)
  }

  drop(count: number): void {
    this.#held >>>= count
    this.#count -= count
    if (this.#at - (this.#count >> 3) > this.#data.length) throw new Error('is damaged: its end is missing')
  }

  take(count: number): number {
    const value = this.peek(count)
    this.drop(count)
    return value
  }

  /** The bytes after the current one. */
  takeBytes(count: number): Uint8Array {
    const from = this.byteOffset()
    if (from + count > this.#data.length) throw new Error('is damaged: its end is missing')
    this.#at = from + count
    this.#held = 0
    this.#count = 0
    return this.#data.subarray(from, this.#at)
  }

  /** Offset of the first byte of which no bit has been taken. */
  byteOffset(): number {
    return this.#at - (this.#count >> 3)
  }
}

class Output {
  bytes = new Uint8Array(4096)
  length = 0
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  reserve(count: number): void {
    const needed = this.length + count
    if (needed > this.#most) throw new Error('is larger than 64 MiB when it is unpacked')
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes)
    this.bytes = larger
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }
}

/** A Huffman code as a table: for the next bits of the stream, the symbol and (in the low four bits) how many of them it takes. */
interface Code {
  readonly bits: number
  readonly table: Uint16Array
}

interface Codes {
  readonly literals: Code
  readonly distances: Code
}

/** The codes of a block with fixed codes (section 3.2.6). */
const fixedCodes = (): Codes => ({
  literals: codeOf(
    Array.from({length: 288}, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  ),
  distances: codeOf(Array.from({length: 30}, () => 5)),
})

/** The canonical code of symbols with these lengths (section 3.2.2). */
function codeOf(lengths: readonly number[]): Code {
  const bits = Math.max(1, ...lengths)
  const table = new Uint16Array(1 << bits)
  let code = 0
  for (let length = 1; length <= bits; length++) {
    for (const [symbol, own] of lengths.entries()) {
      if (own !== length) continue
      if (code >= 1 << length) throw damaged()
      // Codes begin with their highest bit, the stream with the lowest bit of a byte.
      for (let at = reversed(code, length); at < table.length; at += 1 << length) table[at] = (symbol << 4) | length
      code++
    }
    code <<= 1
  }
  return {bits, table}
}

function reversed(code: number, length: number): number {
  let result = 0
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit)
  return result
}

function symbolOf(bits: BitReader, {bits: most, table}: Code): number {
  const entry = table[bits.peek(most)] ?? 0
  if (entry === 0) throw damaged()
  bits.drop(entry & 15)
  return entry >> 4
}

const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** The codes of a block with dynamic codes (section 3.2.7). */
function readCodes(bits: BitReader): Codes {
  const [literals, distances, given] = [bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4]
  const ownLengths = Array.from({length: 19}, () => 0)
  for (const place of lengthOrder.slice(0, given)) ownLengths[place] = bits.take(3)
  const own = codeOf(ownLengths)
  const lengths: number[] = []
  while (lengths.length < literals + distances) {
    const symbol = symbolOf(bits, own)
    if (symbol < 16) lengths.push(symbol)
    else {
      const [value, times] =
        symbol === 16
          ? [lengths.at(-1), 3 + bits.take(2)]
          : symbol === 17
            ? [0, 3 + bits.take(3)]
            : [0, 11 + bits.take(7)]
      if (value === undefined) throw damaged()
      for (let time = 0; time < times; time++) lengths.push(value)
    }
  }
  if (lengths.length > literals + distances) throw damaged()
  return {literals: codeOf(lengths.slice(0, literals)), distances: codeOf(lengths.slice(literals))}
}

function copyStored(bits: BitReader, output: Output): void {
  const [low = 0, high = 0, notLow = 0, notHigh = 0] = bits.takeBytes(4)
  if ((low ^ notLow) !== 255 || (high ^ notHigh) !== 255) throw damaged()
  const bytes = bits.takeBytes(low | (high << 8))
  output.reserve(bytes.length)
  output.bytes.set(bytes, output.length)
  output.length += bytes.length
}

/** Decompresses a block: literals, and copies of earlier output (section 3.2.5). */
function unpackBlock(bits: BitReader, output: Output, {literals, distances}: Codes): void {
  for (;;) {
    const symbol = symbolOf(bits, literals)
    if (symbol === 256) return
    output.reserve(258)
    if (symbol < 256) {
      output.bytes[output.length++] = symbol
      continue
    }
    const [baseLength, extraLength] = lengthCodes[symbol - 257] ?? []
    if (baseLength === undefined || extraLength === undefined) throw damaged()
    const length = baseLength + bits.take(extraLength)
    const [base, extra] = distanceCodes[symbolOf(bits, distances)] ?? []
    if (base === undefined || extra === undefined) throw damaged()
    const distance = base + bits.take(extra)
    if (distance > output.length) throw damaged()
    const {bytes} = output
    for (let end = output.length + length; output.length < end; output.length++)
      bytes[output.length] = bytes[output.length - distance] ?? 0
  }
}

/** The smallest value of each code, and its number of extra bits: every `perStep` codes have one bit more. */
const steps = (first: number, codes: number, perStep: number): readonly (readonly [base: number, extra: number])[] => {
  let base = first
  return Array.from({length: codes}, (_, code) => {
    const extra = Math.max(0, Math.floor(code / perStep) - 1)
    const own = [base, extra] as const
    base += 1 << extra
    return own
  })
}

const lengthCodes = [...steps(3, 28, 4), [258, 0] as const]
const distanceCodes = steps(1, 30, 2)
