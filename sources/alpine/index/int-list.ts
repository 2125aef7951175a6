/** A growable list of 32-bit integers. */
export class IntList {
  length = 0
  #numbers: Int32Array<ArrayBuffer>

  constructor(capacity: number) {
    this.#numbers = new Int32Array(capacity)
  }

  at(index: number): number {
    return this.#numbers[index] ?? 0
  }

  set(index: number, value: number): void {
    this.#numbers[index] = value
  }

  push(value: number): void {
    if (this.length === this.#numbers.length) this.#grow(this.length + 1)
    this.#numbers[this.length++] = value
  }

  /** Appends four numbers: an array of rest arguments would cost more than the list itself. */
  push4(a: number, b: number, c: number, d: number): void {
    const at = this.length
    if (at + 4 > this.#numbers.length) this.#grow(at + 4)
    const numbers = this.#numbers
    numbers[at] = a
    numbers[at + 1] = b
    numbers[at + 2] = c
    numbers[at + 3] = d
    this.length = at + 4
  }

  append(other: IntList): void {
    const {length} = other
    if (this.length + length > this.#numbers.length) this.#grow(this.length + length)
    const from = other.#numbers
    const to = this.#numbers
    for (let at = 0, end = this.length; at < length; at++) to[end + at] = from[at] ?? 0
    this.length += length
  }

  #grow(needed: number): void {
    const grown = new Int32Array(Math.max(this.#numbers.length * 2, needed))
    grown.set(this.#numbers)
    this.#numbers = grown
  }
}
