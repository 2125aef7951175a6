import {closeSync, openSync, readFileSync, writeSync} from 'node:fs'
import type {DebTars} from './deb-archive.ts'

/** Writes a .deb (deb(5)) without compression: dpkg reads it without decompressing a second time. */
export function writeDeb(output: string, {control, data}: DebTars): void {
  const fd = openSync(output, 'wx')
  try {
    writeSync(fd, `!<arch>\n${memberHeader('debian-binary', 4)}2.0\n`)
    for (const [name, path] of [
      ['control.tar', control],
      ['data.tar', data],
    ] as const) {
      // A tar file is a whole number of 512-byte blocks, so that no padding is needed between members.
      const bytes = readFileSync(path)
      writeSync(fd, memberHeader(name, bytes.length))
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
    }
  } finally {
    closeSync(fd)
  }
}

/** ar(5): name, time, owner, group, mode, size. */
const memberHeader = (name: string, sizeBytes: number): string =>
  `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(sizeBytes).padEnd(10)}\`\n`
