import {HaosError} from '#dsl'
import type {DiskOptions} from './machine-options.ts'

const units: Readonly<Record<string, number>> = {K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40}
const size = /^(\d+(?:\.\d+)?)([KMGT])(?:i?B)?$/i

/** Parses a size such as `512M` or `1.5G` to bytes; the units are powers of 1024. Fails with USAGE_INVALID. */
export function parseSize(text: string): number {
  const [, number = '', unit = ''] = size.exec(text) ?? []
  const bytes = Number(number) * (units[unit.toUpperCase()] ?? Number.NaN)
  if (bytes > 0) return Math.round(bytes)
  throw new HaosError('USAGE_INVALID', `"${text}" is not a size`, {
    hint: 'Write a number and K, M, G or T, such as 512M.',
  })
}

/**
 * Parses a disk on the command line: `SIZE` is a scratch disk, `FILE` an existing one, `FILE:SIZE` a new one that is
 * kept.
 */
export function parseDisk(text: string): DiskOptions {
  if (size.test(text)) return {sizeBytes: parseSize(text)}
  const colon = text.lastIndexOf(':')
  const end = text.slice(colon + 1)
  return colon > 0 && size.test(end) ? {file: text.slice(0, colon), sizeBytes: parseSize(end)} : {file: text}
}
