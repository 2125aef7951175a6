/**
 * The file that identifies a medium by the build that made it.
 *
 * Labels do not: two media of one product have the same label, and a stick of copied files has any. GRUB and stage 0
 * look for this file.
 */
export const mediumIdPath = (id: string): string => `/boot/id/${id}`
