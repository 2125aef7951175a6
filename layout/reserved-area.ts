import * as z from 'zod'

/** Bytes in a logical sector of every disc (ECMA-119, 6.1.2). */
export const SECTOR = 2048

/**
 * Room on our discs that holds other texts for the boot menu and the node's config: reserved by the ISO, used by its remaster.
 *
 * The area begins with one sector of two lines: what was reserved, as the build wrote it, and where the originals are. Then
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

/** Where the text of a file lies that is too large for a slot. Such a disc was written anew, after the area had been reserved. */
export const largePath = (name: ReservedName): string => `/boot/remaster.${name}`

export const AreaPaths = z.strictObject({menu: z.string(), config: z.string()})

/** The first line of the area, which the build writes. All else in it is zero. */
export const renderAreaHeader = (paths: z.output<typeof AreaPaths>): string => `${areaMagic}${JSON.stringify(paths)}\n`
