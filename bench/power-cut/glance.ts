import {closeSync, openSync, readSync, writeSync} from 'node:fs'
import {cutAfter} from './cut.ts'
import {seededRandom} from './random.ts'
import type {Recording} from './recording.ts'
import type {LogEntry} from './write-log.ts'

export interface GlanceOptions {
  /** Host path of a copy of the disk as it was before. */
  readonly disk: string
  /** Cuts after each request, which lose different writes. */
  readonly turns: number
  readonly seed: number
  /** Looks at a disk. */
  glance(disk: string): string
}

/**
 * Cuts the power after every request, and looks at the disk without booting it. Returns how often each view was seen, in order of appearance.
 *
 * What was flushed is written once, and the rest is undone after each look: a cut takes as long as the look.
 */
export function glanceAfterEach(
  {log, entries}: Recording,
  {disk, turns, seed, glance}: GlanceOptions,
): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  const [from, to] = [openSync(log, 'r'), openSync(disk, 'r+')]
  try {
    let written = 0
    for (let completed = 1; completed <= entries.length; completed++) {
      const flushed = entries.slice(0, completed).findLastIndex(({isFlush}) => isFlush)
      for (; written < flushed; written++) write(from, to, entries[written])
      for (let turn = 0; turn < turns; turn++) {
        const {kept} = cutAfter(entries, completed, seededRandom((seed + turn) * 10_007 + completed))
        const later = kept.filter((entry) => entries.indexOf(entry) >= written)
        const undo = later.map((entry) => write(from, to, entry))
        const view = glance(disk)
        seen.set(view, (seen.get(view) ?? 0) + 1)
        for (const restore of undo.toReversed()) restore()
      }
    }
  } finally {
    closeSync(from)
    closeSync(to)
  }
  return seen
}

/** Writes what was logged, and returns what restores the bytes that were there. */
function write(from: number, to: number, entry: LogEntry | undefined): () => void {
  if (entry?.dataAt === undefined) return () => {}
  const {dataAt, offsetBytes, sizeBytes} = entry
  const [old, fresh] = [Buffer.alloc(sizeBytes), Buffer.alloc(sizeBytes)]
  readSync(to, old, 0, sizeBytes, offsetBytes)
  readSync(from, fresh, 0, sizeBytes, dataAt)
  writeSync(to, fresh, 0, sizeBytes, offsetBytes)
  return () => void writeSync(to, old, 0, sizeBytes, offsetBytes)
}
