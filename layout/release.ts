import * as z from 'zod/mini'
import {DiskBoot} from './disk-boot.ts'

/** File of a version that describes the whole release which it came with. */
export const releaseFile = 'release.json'

const path = z.string().check(z.regex(/^(?:[\w+~@-][\w.+~@-]*\/)+[\w+~@-][\w.+~@-]*$/, 'must be a relative path'))

/** A release: what a build made, for an upgrade to know what it takes and whether all of it arrived. */
export const Release = z.lazy(() =>
  z.object({
    /** Version of this format. */
    format: z.literal(1),
    /** Name of the product's identity. */
    product: z.string(),
    version: z.string(),
    arch: z.enum(['amd64', 'arm64', 'arm']),
    /** Build date of the recipe, as ISO 8601. */
    date: z.string(),
    /** Version of the kernel: its directory. */
    kernel: z.string(),
    /** Version of k3s or rke2: its directory. Missing if the image does not contain it. */
    kubernetes: z.optional(z.string()),
    /** How it boots from a disk. */
    boot: DiskBoot,
    /** Every file, by its path from the system directory, without this one. */
    files: z.array(z.object({path, sizeBytes: z.int(), sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/))})),
  }),
)
export type Release = z.output<typeof Release>
