import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {unpackedPackages} from './unpacked-packages.ts'

/** A static busybox, or why there is none. */
export type StaticBusybox =
  | {readonly busybox: string; readonly reason?: undefined}
  | {readonly busybox?: undefined; readonly reason: string}

/**
 * Returns the host path of a static busybox: the host's own, or Debian's, which apt fetches once into the cache.
 *
 * It does not install it, because Debian's package replaces the dynamic one, which the host may need.
 */
export function findStaticBusybox(): StaticBusybox {
  for (const busybox of ['/bin/busybox', '/usr/bin/busybox']) if (isStatic(busybox)) return {busybox}
  const {directory, reason} = unpackedPackages('test-busybox', ['busybox-static'])
  if (directory === undefined) return {reason: `no static busybox: ${reason}`}
  // Debian 13 moved it below /usr.
  const busybox = ['usr/bin/busybox', 'bin/busybox'].map((path) => join(directory, path)).find(isStatic)
  return busybox === undefined ? {reason: 'no static busybox: the package holds none'} : {busybox}
}

/** True for a program without a program header of type PT_INTERP (3) (elf(5), 64 bit, little-endian). */
function isStatic(path: string): boolean {
  try {
    const program = readFileSync(path)
    const start = Number(program.readBigUInt64LE(32))
    const size = program.readUInt16LE(54)
    const count = program.readUInt16LE(56)
    return !Array.from({length: count}, (_, index) => program.readUInt32LE(start + index * size)).includes(3)
  } catch {
    return false
  }
}
