import {closeSync, openSync, readSync, writeSync} from 'node:fs'
import {type Random, randomBelow} from './random.ts'
import type {LogEntry} from './write-log.ts'

/** A moment at which the power goes, and what is on the disk afterwards. */
export interface Cut {
  /** Number of completed requests. */
  readonly completed: number
  /** Those whose bytes are on the disk, in order. */
  readonly kept: readonly LogEntry[]
  /** Number of completed writes that are not. */
  readonly lost: number
}

/**
 * Chooses a moment, and loses each write that was not flushed until then with a probability of one half, as the cache of a disk may.
 *
 * With `isAtFlush`, the moment is chosen by flush and not by write: what commits an installation are a few small
 * writes between many flushes, which one in a thousand moments would hit.
 */
export function chooseCut(entries: readonly LogEntry[], random: Random, {isAtFlush}: {isAtFlush: boolean}): Cut {
  const completed = isAtFlush ? chooseNearFlush(entries, random) : 1 + randomBelow(random, entries.length)
  return cutAfter(entries, completed, random)
}

/** Cuts the power after a number of completed requests. */
export function cutAfter(entries: readonly LogEntry[], completed: number, random: Random): Cut {
  const done = entries.slice(0, completed)
  const flushed = done.findLastIndex(({isFlush}) => isFlush)
  const writes = done.flatMap((entry, index) => (entry.dataAt === undefined ? [] : [{entry, index}]))
  const kept = writes.filter(({entry, index}) => index < flushed || entry.isFua || random() < 0.5)
  return {completed, kept: kept.map(({entry}) => entry), lost: writes.length - kept.length}
}

function chooseNearFlush(entries: readonly LogEntry[], random: Random): number {
  const flushes = entries.flatMap(({isFlush}, index) => (isFlush ? [index] : []))
  const chosen = randomBelow(random, flushes.length + 1)
  const [from, to] = [flushes[chosen - 1] ?? 0, flushes[chosen] ?? entries.length]
  return Math.min(entries.length, from + 1 + randomBelow(random, Math.max(1, to - from)))
}

/** Writes what a cut has left onto a copy of the disk as it was before. */
export function replay(log: string, {kept}: Cut, disk: string): void {
  const [from, to] = [openSync(log, 'r'), openSync(disk, 'r+')]
  try {
    for (const {dataAt, offsetBytes, sizeBytes} of kept) {
      const bytes = Buffer.alloc(sizeBytes)
      readSync(from, bytes, 0, sizeBytes, dataAt ?? 0)
      writeSync(to, bytes, 0, sizeBytes, offsetBytes)
    }
  } finally {
    closeSync(from)
    closeSync(to)
  }
}
