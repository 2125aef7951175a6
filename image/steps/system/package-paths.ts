import * as z from 'zod'

/** Paths of packages before they are configured, each with its package. Directories follow from what is below them. */
export const PackagePaths = z.record(
  z.string(),
  z.object({
    package: z.string(),
    /** A symlink, behind which paths of the recipe may lie. */
    symlink: z.literal(true).optional(),
  }),
)
export type PackagePaths = z.output<typeof PackagePaths>
