import {closeSync, openSync, readSync, writeSync} from 'node:fs'
import {setImmediate as nextTurn} from 'node:timers/promises'

/*
 * Files are read and written synchronously: a tree is thousands of small pieces, and passing each to another thread
 * takes five times the processor time (measured). The event loop runs at intervals.
 */

/** Bytes between two turns of the event loop. */
const turnBytes = 16 << 20

/** Opens a file that is closed at the end of the enclosing block (`using`). */
export const openFile = (path: string, flags: 'r' | 'wx'): {readonly fd: number} & Disposable => {
  const fd = openSync(path, flags)
  return {fd, [Symbol.dispose]: () => closeSync(fd)}
}

/** Keeps source files open while a tree is written: most contents come from a few of them. */
export class OpenFiles implements Disposable {
  readonly #fds = new Map<string, number>()

  fd(path: string): number {
    const known = this.#fds.get(path)
    if (known !== undefined) return known
    // Far below a process's limit of open files (1024 by default).
    if (this.#fds.size >= 64) this[Symbol.dispose]()
    const fd = openSync(path, 'r')
    this.#fds.set(path, fd)
    return fd
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds.values()) closeSync(fd)
    this.#fds.clear()
  }
}

/** Buffers small writes: otherwise each small file of a tree takes a system call. */
export class BufferedSink {
  readonly #fd: number
  readonly #sources: OpenFiles
  readonly #buffer = new Uint8Array(1 << 20)
  #used = 0
  #sinceTurn = 0

  constructor(fd: number, sources: OpenFiles) {
    this.#fd = fd
    this.#sources = sources
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > this.#buffer.length - this.#used) this.flush()
    if (bytes.length > this.#buffer.length) {
      writeAll(this.#fd, bytes)
      return
    }
    this.#buffer.set(bytes, this.#used)
    this.#used += bytes.length
  }

  /** Copies a range of another file. False if that file ends early. */
  async copy(hostPath: string, offset: number, sizeBytes: number): Promise<boolean> {
    const fd = this.#sources.fd(hostPath)
    for (let done = 0; done < sizeBytes; ) {
      if (this.#used === this.#buffer.length) this.flush()
      const room = Math.min(this.#buffer.length - this.#used, sizeBytes - done)
      const read = readSync(fd, this.#buffer, this.#used, room, offset + done)
      if (read === 0) return false
      this.#used += read
      done += read
    }
    this.#sinceTurn += sizeBytes
    if (this.#sinceTurn > turnBytes) {
      this.#sinceTurn = 0
      await nextTurn()
    }
    return true
  }

  flush(): void {
    writeAll(this.#fd, this.#buffer.subarray(0, this.#used))
    this.#used = 0
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done)
}
