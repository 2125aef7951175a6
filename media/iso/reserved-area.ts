import {fsyncSync, writeSync} from 'node:fs'
import * as z from 'zod'
import {HaosError} from '#dsl'
import type {Extent, IsoEntry, IsoImage} from '#formats'
import {AreaPaths, areaMagic, areaPath, largePath, layOutArea, type ReservedName, SECTOR, slotBytes} from '#layout'

const Place = z.strictObject({lba: z.int().nonnegative(), sizeBytes: z.int().nonnegative()})
const Originals = z.strictObject({menu: Place, config: Place, nodes: Place.optional()})

/**
 * The reserved area of an open ISO.
 *
 * A file of the ISO is changed by writing its new text into the area and pointing the file's directory record there:
 * the original text stays in place, so that a reset restores the original bytes. Each file has two slots of which
 * one is unused, so that a concurrent reader sees the old text or the new one.
 */
export class ReservedArea {
  readonly paths: AreaPaths
  /** The files for which it has slots. */
  readonly names: readonly ReservedName[]
  readonly #fd: number
  readonly #iso: IsoImage
  readonly #extent: Extent
  readonly #header: string
  readonly #originals: ReadonlyMap<ReservedName, Extent> | undefined

  private constructor(fd: number, iso: IsoImage, extent: Extent) {
    const [header = '', originals = ''] = iso.readText({lba: extent.lba, sizeBytes: SECTOR}).split('\n')
    this.#fd = fd
    this.#iso = iso
    this.#extent = extent
    this.#header = `${header}\n`
    try {
      this.paths = AreaPaths.parse(JSON.parse(header.slice(areaMagic.length)))
      const {names, sizeBytes} = layOutArea(this.paths)
      if (extent.sizeBytes !== sizeBytes) throw new Error(`it is ${extent.sizeBytes} bytes instead of ${sizeBytes}`)
      this.names = names
      const places = originals.startsWith('{') ? Originals.parse(JSON.parse(originals)) : undefined
      this.#originals = places && new Map(names.flatMap((name) => (places[name] ? [[name, places[name]]] : [])))
    } catch (cause) {
      throw new HaosError('ARTIFACT_INVALID', `${areaPath} of the ISO is damaged`, {
        hint: 'Compare the ISO with SHA256SUMS, and start from the original ISO.',
        cause,
      })
    }
  }

  /** The area of an ISO; undefined if it has none. */
  static open(fd: number, iso: IsoImage): ReservedArea | undefined {
    const extent = iso.find(areaPath)
    if (extent === undefined) return undefined
    if (!iso.readText({lba: extent.lba, sizeBytes: areaMagic.length}).startsWith(areaMagic)) return undefined
    return new ReservedArea(fd, iso, extent)
  }

  /** Whether menu, config and nodes of the ISO are the original ones. */
  get isOriginal(): boolean {
    return this.#originals === undefined
  }

  /** The original bytes of a file. */
  original(name: ReservedName): Uint8Array {
    return this.#iso.read(this.#originals?.get(name) ?? this.record(name))
  }

  /**
   * Replaces the texts of files. All of them change by one write of a few sectors.
   *
   * A text too large for a slot is already in the ISO, at {@link largePath}.
   */
  replace(texts: Readonly<Partial<Record<ReservedName, Uint8Array | undefined>>>): void {
    const originals = this.#originals ?? new Map(this.names.map((name) => [name, placeOf(this.record(name))]))
    // First, so that a reset can undo any part of the following writes.
    this.#write(
      this.#extent.lba * SECTOR,
      this.#sector(`${this.#header}${JSON.stringify(Object.fromEntries(originals))}\n`),
    )
    const targets: [IsoEntry, Extent][] = []
    for (const name of this.names) {
      const text = texts[name]
      if (text === undefined) continue
      const present = this.record(name)
      if (text.length > slotBytes(name)) {
        targets.push([present, this.#largeText(name, text)])
        continue
      }
      const lba = this.#freeSlot(name, present)
      this.#write(lba * SECTOR, Buffer.concat([text, Buffer.alloc(slotBytes(name) - text.length)]))
      targets.push([present, {lba, sizeBytes: text.length}])
    }
    fsyncSync(this.#fd)
    this.#point(targets)
    // The old text may contain secrets.
    for (const [replaced] of targets) this.#clear(replaced, [...originals.values()])
    fsyncSync(this.#fd)
  }

  /** Restores every original byte of the ISO. */
  reset(): void {
    if (this.#originals === undefined) return
    const originals = [...this.#originals]
    const present = originals.map(([name]) => this.record(name))
    this.#point(originals.map(([name, original]) => [this.record(name), original]))
    for (const replaced of present)
      this.#clear(
        replaced,
        originals.map(([, original]) => original),
      )
    const rest = Buffer.alloc(this.#extent.sizeBytes - SECTOR)
    this.#write((this.#extent.lba + 1) * SECTOR, rest)
    // Last, so that an interrupted reset can be repeated.
    this.#write(this.#extent.lba * SECTOR, this.#sector(this.#header))
    fsyncSync(this.#fd)
  }

  /** Current location of a file. Fails with ARTIFACT_INVALID. */
  record(name: ReservedName): IsoEntry {
    const path = this.paths[name]
    const found = path === undefined ? undefined : this.#iso.find(path)
    if (found !== undefined) return found
    throw new HaosError('ARTIFACT_INVALID', `the ISO no longer has ${path}`, {
      hint: 'Start from the original ISO.',
    })
  }

  #largeText(name: ReservedName, text: Uint8Array): Extent {
    const found = this.#iso.find(largePath(name))
    if (found === undefined || Buffer.compare(this.#iso.read(found), text) !== 0)
      throw new Error(`${largePath(name)} is not written`)
    return placeOf(found)
  }

  /** Overwrites a text that no record points to any longer, unless it is an original. */
  #clear({lba, sizeBytes}: Extent, originals: readonly Extent[]): void {
    if (originals.some((original) => original.lba === lba)) return
    this.#write(lba * SECTOR, Buffer.alloc(sizeBytes))
  }

  #freeSlot(name: ReservedName, {lba}: Extent): number {
    const [first, second] = layOutArea(this.paths).slotsOf(name)
    return this.#extent.lba + (lba === this.#extent.lba + first ? second : first)
  }

  /** Changes directory records. Those that Linux and GRUB read change by one write, since they are adjacent. */
  #point(targets: readonly [IsoEntry, Extent][]): void {
    const sectors = targets.map(([{recordAt}]) => Math.floor(recordAt / SECTOR))
    const first = Math.min(...sectors)
    const bytes = this.#iso.read({lba: first, sizeBytes: (Math.max(...sectors) - first + 1) * SECTOR})
    for (const [{recordAt}, extent] of targets) bytes.set(encodePlace(extent), recordAt - first * SECTOR + 2)
    this.#write(first * SECTOR, bytes)
    // The Joliet names, for Windows, are another directory tree of the same files.
    for (const name of this.names) {
      const joliet = this.#iso.find(this.paths[name] ?? '', 'joliet')
      if (joliet !== undefined) this.#write(joliet.recordAt + 2, encodePlace(this.record(name)))
    }
    fsyncSync(this.#fd)
  }

  #sector(text: string): Buffer {
    const sector = Buffer.alloc(SECTOR)
    sector.write(text)
    return sector
  }

  #write(position: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done)
  }
}

const placeOf = ({lba, sizeBytes}: Extent): Extent => ({lba, sizeBytes})

/** Location and size, each in both byte orders (ECMA-119, 7.3.3). */
function encodePlace({lba, sizeBytes}: Extent): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(lba, 0)
  bytes.writeUInt32BE(lba, 4)
  bytes.writeUInt32LE(sizeBytes, 8)
  bytes.writeUInt32BE(sizeBytes, 12)
  return bytes
}
