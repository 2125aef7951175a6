import * as z from 'zod'

/** Processor architectures, by one name everywhere. A distribution's own names stay inside its source. */
export const Arch = z.enum(['amd64', 'arm64', 'arm'])
export type Arch = z.output<typeof Arch>

/** A path inside an image, never on the build machine: absolute, no `.` or `..`, no trailing slash, no name that Linux cannot open. */
export const ImagePath = z
  .string()
  .regex(/^(?:\/[^/\0\n]+)+$/, 'must be absolute and without a trailing slash, such as "/etc/hostname"')
  .refine((path) => !path.split('/').some((part) => part === '.' || part === '..'), 'must not contain "." or ".."')
  .refine((path) => path.split('/').every((name) => bytesOf(name) <= 255), 'must not contain a name above 255 bytes')
export type ImagePath = z.output<typeof ImagePath>

/**
 * Permission bits, as four octal digits.
 *
 * A string on purpose: YAML 1.1 reads a bare 0644 as 420 and YAML 1.2 reads it
 * as 644, so a number has already lost its meaning.
 */
export const FileMode = z.string().regex(/^[0-7]{4}$/, 'must be four octal digits in quotes, such as "0644"')
export type FileMode = z.output<typeof FileMode>

/** A SHA-256 digest (FIPS 180-4) in lower-case hexadecimal. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits (SHA-256)')
export type Sha256 = z.output<typeof Sha256>

/** Name of a user or group, as useradd(8) accepts it. */
export const AccountName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,30}$/, 'must start with a-z or _ and hold only a-z, 0-9, _ and -')

/** Length in UTF-8; Linux allows 255 bytes in a name (NAME_MAX, limits.h(0p)). */
const bytesOf = (name: string): number =>
  [...name].reduce((sum, character) => {
    const code = character.codePointAt(0) ?? 0
    return sum + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4)
  }, 0)
