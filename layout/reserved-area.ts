import * as z from 'zod'

/** Bytes in a logical sector of every ISO (ECMA-119, 6.1.2). */
export const SECTOR = 2048

/**
 * Reserved space in our ISOs for other texts of the boot menu, the node's config and the configs of many nodes: reserved by the build, used by remaster.
 *
 * The area begins with one sector of two lines: the reserved sizes, as the build wrote them, and the locations of the originals. Then
 * each file has two slots.
 */
export const areaPath = '/boot/remaster.area'

export const areaMagic = 'haos-build reserved area: '

/** Sizes of one slot: a menu of ten entries with the longest command lines (2 KiB), a config with manifests in it, a thousand nodes. */
export const slotSectors = {menu: 16, config: 112, nodes: 256} as const

/** The files that can be changed in place. ISOs made before nodes were known have no space for them. */
export const reservedNames = ['menu', 'config', 'nodes'] as const
export type ReservedName = (typeof reservedNames)[number]

/** Largest text of a file in bytes. */
export const slotBytes = (name: ReservedName): number => slotSectors[name] * SECTOR

/** Path of the text of a file too large for a slot, in an ISO that was rewritten after the area had been reserved. */
export const largePath = (name: ReservedName): string => `/boot/remaster.${name}`

/** Paths of the files for which the area has slots. */
export const AreaPaths = z.strictObject({menu: z.string(), config: z.string(), nodes: z.string().optional()})
export type AreaPaths = z.output<typeof AreaPaths>

/** Where the slots of an area are. */
export function layOutArea(paths: AreaPaths) {
  const names = reservedNames.filter((name) => paths[name] !== undefined)
  const sectorsBefore = (end: number) => names.slice(0, end).reduce((sum, name) => sum + slotSectors[name], 0)
  const slotsSectors = sectorsBefore(names.length)
  return {
    names,
    /** Size of the whole area in bytes. */
    sizeBytes: (1 + 2 * slotsSectors) * SECTOR,
    /** The sectors of the area at which the two slots of a file begin. */
    slotsOf(name: ReservedName): readonly [number, number] {
      const first = 1 + sectorsBefore(names.indexOf(name))
      return [first, first + slotsSectors]
    },
  }
}

/** The first line of the area, which the build writes. Everything else in it is zero. */
export const renderAreaHeader = (paths: AreaPaths): string => `${areaMagic}${JSON.stringify(paths)}\n`
