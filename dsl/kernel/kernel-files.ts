import * as z from 'zod'
import {Download} from '../part-schemas.ts'

/** A kernel as files that are fetched from anywhere, each pinned by its digest. */
export const KernelFiles = z
  .strictObject({
    kind: z.literal('url'),
    /** Release of the kernel, as `uname -r` prints it: the name of the directory of its modules. */
    version: z
      .string()
      .regex(/^\d[\w.+~-]*$/, 'must be a release as `uname -r` prints it, such as "6.12.48+deb13-amd64"'),
    /** Packages of the kernel, `download({url, sha256})`: one `.deb`, or several if the modules have their own, as Ubuntu's. */
    debs: z.array(Download).min(1).optional(),
    /** The bootable kernel, without packages: `vmlinuz` or `bzImage`, for arm64 also `Image.gz`. */
    kernel: Download.optional(),
    /** A tar archive of `lib/modules/VERSION`, plain or compressed with gzip, xz or zstd, as `make tar-pkg` makes one. */
    modules: Download.optional(),
    /** Its `System.map`. Default: none. */
    systemMap: Download.optional(),
    /** Its configuration, which is compared with what Kubernetes needs. Default: unknown. */
    config: Download.optional(),
  })
  .refine(
    ({debs, kernel, modules, systemMap, config}) =>
      debs === undefined
        ? kernel !== undefined && modules !== undefined
        : [kernel, modules, systemMap, config].every((each) => each === undefined),
    'must have `debs`, or `kernel` and `modules`',
  )
export type KernelFiles = z.output<typeof KernelFiles>

/**
 * A kernel from anywhere: `url({version, debs: [download({url, sha256})]})`, or `kernel`, `modules` and `systemMap` as files of their own.
 * Boot loader, busybox and firmware stay those of the system's distribution.
 */
export const url = (files: Omit<z.input<typeof KernelFiles>, 'kind'>): z.input<typeof KernelFiles> => ({
  kind: 'url',
  ...files,
})
