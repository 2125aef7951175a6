/**
 * The file by which a medium is known: it names the build that the medium was made by.
 *
 * Labels are for people: two media of one product have the same, and a stick of copied files has any. GRUB and stage 0 look for this.
 */
export const mediumIdPath = (id: string): string => `/boot/id/${id}`
