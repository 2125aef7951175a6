import * as z from 'zod'

/** What the modules of an image ask for, and what it has: the result of the step `kernel-firmware`. */
export const FirmwareRecord = z.strictObject({
  /** Files below `/usr/lib/firmware` that modules name (`MODULE_FIRMWARE`), which may be globs, by module. */
  asked: z.array(z.strictObject({module: z.string(), files: z.array(z.string())})),
  /** Files of the image below `/usr/lib/firmware`. */
  files: z.array(z.string()),
  /** Symlinks below `/usr/lib/firmware`, and their targets. */
  links: z.array(z.strictObject({path: z.string(), target: z.string()})),
})
export type FirmwareRecord = z.output<typeof FirmwareRecord>
