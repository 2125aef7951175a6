/** Number of buckets in apk's own hash table of names. apk iterates over them, which decides the order in which names are reconsidered. */
const APK_BUCKETS = 20_000
/** The seed of apk's hash. */
const APK_SEED = 5381

/**
 * Interns names of packages and of what they provide as small numbers.
 *
 * It works on bytes: an index mentions some ten thousand names hundreds of
 * thousands of times, and making a string of each mention would cost more than solving.
 */
export class NameTable {
  #bytes = Buffer.allocUnsafe(1 << 12)
  #used = 0
  #ends = new Int32Array(1 << 10)
  #hashes = new Uint32Array(1 << 10)
  /** Open addressing; holds numbers of names plus one, so that 0 marks a free slot. */
  #slots = new Int32Array(1 << 11)
  #texts: (string | undefined)[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The number of a name; a new name gets the next number. */
  intern(source: Buffer, start: number, end: number): number {
    const hash = murmur3(source, start, end)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const found = (this.#slots[slot] ?? 0) - 1
      if (found < 0) break
      if (this.#hashes[found] === hash && this.#equals(found, source, start, end)) return found
      slot = (slot + 1) & mask
    }
    this.#slots[slot] = this.#add(source, start, end, hash) + 1
    if (this.#size * 2 > this.#slots.length) this.#rehash()
    return this.#size - 1
  }

  /** The number of a name, or -1. */
  find(name: string): number {
    const source = Buffer.from(name)
    const hash = murmur3(source, 0, source.length)
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = (this.#slots[slot] ?? 0) - 1
      if (found < 0) return -1
      if (this.#hashes[found] === hash && this.#equals(found, source, 0, source.length)) return found
    }
  }

  text(name: number): string {
    const known = this.#texts[name]
    if (known !== undefined) return known
    const text = this.#bytes.toString('utf8', this.#start(name), this.#ends[name])
    this.#texts[name] = text
    return text
  }

  /** Negative if apk's iteration over all names reaches `a` before `b`: by bucket, and within one the newest first. */
  compareWalk(a: number, b: number): number {
    const [left = 0, right = 0] = [this.#hashes[a], this.#hashes[b]]
    return (left % APK_BUCKETS) - (right % APK_BUCKETS) || b - a
  }

  #start(name: number): number {
    return name === 0 ? 0 : (this.#ends[name - 1] ?? 0)
  }

  #equals(name: number, source: Buffer, start: number, end: number): boolean {
    const from = this.#start(name)
    if ((this.#ends[name] ?? 0) - from !== end - start) return false
    for (let at = 0; at < end - start; at++) if (this.#bytes[from + at] !== source[start + at]) return false
    return true
  }

  #add(source: Buffer, start: number, end: number, hash: number): number {
    const length = end - start
    if (this.#used + length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + length))
      this.#bytes.copy(grown, 0, 0, this.#used)
      this.#bytes = grown
    }
    if (this.#size === this.#ends.length) {
      this.#ends = enlarge(this.#ends, new Int32Array(this.#size * 2))
      this.#hashes = enlarge(this.#hashes, new Uint32Array(this.#size * 2))
    }
    source.copy(this.#bytes, this.#used, start, end)
    this.#used += length
    this.#ends[this.#size] = this.#used
    this.#hashes[this.#size] = hash
    return this.#size++
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    for (let name = 0; name < this.#size; name++) {
      let slot = (this.#hashes[name] ?? 0) & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = name + 1
    }
    this.#slots = slots
  }
}

/** Copies a typed array into a larger one. */
function enlarge<Numbers extends Int32Array | Uint32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from)
  return to
}

/** MurmurHash3, 32 bit, as apk uses it for its tables (public domain, Austin Appleby, smhasher). */
export function murmur3(bytes: Buffer, start: number, end: number, seed = APK_SEED): number {
  const length = end - start
  const tail = start + (length & ~3)
  let hash = seed
  for (let at = start; at < tail; at += 4) {
    const block = at4(bytes, at)
    hash ^= scramble(block)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let at = end - 1; at >= tail; at--) rest = (rest << 8) | (bytes[at] ?? 0)
  hash ^= scramble(rest) ^ length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const at4 = (bytes: Buffer, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
