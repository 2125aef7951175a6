import {open, stat} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {diskFormatOf} from './disk-format-of.ts'

/** Checks that a file is bootable: QEMU accepts any file. Fails with USAGE_INVALID or ARTIFACT_INVALID. */
export async function checkMedium(path: string): Promise<void> {
  const isDirectory = (await stat(path).catch(() => undefined))?.isDirectory()
  const image = isDirectory ? undefined : await recogniseImage(path)
  if (image === 'iso' && !(await startsFirmware(path))) {
    throw new HaosError('ARTIFACT_INVALID', `${path} has no boot images, so nothing would boot from it`, {
      hint: 'Name a bootable ISO: one with a list of boot images (El Torito) or a boot sector.',
      at: path,
    })
  }
  if (image !== undefined) return
  throw new HaosError('ARTIFACT_INVALID', `${path} is neither an ISO nor a disk`, {
    hint: 'Name an ISO or a disk image, such as those of `haos-build iso` and `haos-build disk`.',
    at: path,
  })
}

/** Whether an ISO has a boot sector, or a boot record among its volume descriptors (ECMA-119, 8.2). */
async function startsFirmware(path: string): Promise<boolean> {
  await using file = await open(path)
  const {buffer} = await file.read(Buffer.alloc(32 * 2048), 0, 32 * 2048, 0)
  if (buffer.toString('latin1', 510, 512) === BOOT_SECTOR_MARK) return true
  for (let at = 16 * 2048; buffer.toString('latin1', at + 1, at + 6) === 'CD001'; at += 2048)
    if (buffer.toString('latin1', at + 7, at + 30) === 'EL TORITO SPECIFICATION') return true
  return false
}

const BOOT_SECTOR_MARK = '\x55\xaa'

/** Recognizes an ISO or a disk by its signature; undefined for other files. Fails with USAGE_INVALID if the file is missing. */
export async function recogniseImage(path: string): Promise<'iso' | 'disk' | undefined> {
  if ((await diskFormatOf(path)) !== 'raw') return 'disk'
  await using file = await open(path)
  const read = async (position: number, length: number) =>
    (await file.read(Buffer.alloc(length), 0, length, position)).buffer.toString('latin1')
  // A volume descriptor (ECMA-119, 8.1.2): first, because an ISO that boots from a USB stick has a partition table, too.
  if ((await read(16 * 2048 + 1, 5)) === 'CD001') return 'iso'
  // The signature of an MBR, which a GPT disk has too.
  return (await read(510, 2)) === BOOT_SECTOR_MARK ? 'disk' : undefined
}
