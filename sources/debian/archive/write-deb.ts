import {closeSync, fstatSync, openSync, readSync, writeSync} from 'node:fs'
import type {DebTars} from './deb-archive.ts'

/** Writes a .deb (deb(5)) without compression, so that dpkg need not decompress the data a second time. */
export function writeDeb(output: string, {control, data}: DebTars): void {
  const fd = openSync(output, 'wx')
  try {
    writeSync(fd, `!<arch>\n${memberHeader('debian-binary', 4)}2.0\n`)
    appendMember(fd, 'control.tar', control)
    appendMember(fd, 'data.tar', data)
  } finally {
    closeSync(fd)
  }
}

function appendMember(fd: number, name: string, path: string): void {
  const source = openSync(path, 'r')
  try {
    const {size} = fstatSync(source)
    writeSync(fd, memberHeader(name, size))
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let done = 0; done < size; ) {
      const read = readSync(source, buffer, 0, buffer.length, done)
      if (read === 0) throw new Error(`${path} was truncated while it was read`)
      for (let written = 0; written < read; ) written += writeSync(fd, buffer, written, read - written)
      done += read
    }
    // Members start at even offsets. A valid tar file is a whole number of 512-byte blocks, but the input is not trusted.
    if (size % 2 === 1) writeSync(fd, '\n')
  } finally {
    closeSync(source)
  }
}

/** ar(5): name, time, owner, group, mode, size. */
const memberHeader = (name: string, sizeBytes: number): string =>
  `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(sizeBytes).padEnd(10)}\`\n`
