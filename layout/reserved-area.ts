import * as z from 'zod'

/** Bytes in a logical sector of every ISO (ECMA-119, 6.1.2). */
export const SECTOR = 2048

/**
 * Reserved space in our ISOs for other texts of the boot menu and the node's config: reserved by the build, used by remaster.
 *
 * The area begins with one sector of two lines: the reserved sizes, as the build wrote them, and the locations of the originals. Then
 * each file has two slots.
 */
export const areaPath = '/boot/remaster.area'

export const areaMagic = 'haos-build reserved area: '

/** Sizes of one slot: a menu of ten entries with the longest command lines (2 KiB), a config with manifests in it. */
export const slotSectors = {menu: 16, config: 112} as const

/** The files that can be changed in place. */
export const reservedNames = ['menu', 'config'] as const
export type ReservedName = (typeof reservedNames)[number]

export const sectorsOfSlots = slotSectors.menu + slotSectors.config

/** Size of the whole area in bytes. */
export const areaBytes = (1 + 2 * sectorsOfSlots) * SECTOR

/** Largest text of a file in bytes. */
export const slotBytes = (name: ReservedName): number => slotSectors[name] * SECTOR

/** Path of the text of a file too large for a slot, in an ISO that was rewritten after the area had been reserved. */
export const largePath = (name: ReservedName): string => `/boot/remaster.${name}`

export const AreaPaths = z.strictObject({menu: z.string(), config: z.string()})

/** The first line of the area, which the build writes. Everything else in it is zero. */
export const renderAreaHeader = (paths: z.output<typeof AreaPaths>): string => `${areaMagic}${JSON.stringify(paths)}\n`
