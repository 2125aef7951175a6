import {open, stat} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {recogniseFormat} from './disk-file.ts'

/** Makes sure that a file can be booted at all: QEMU takes any. Fails with USAGE_INVALID or ARTIFACT_INVALID. */
export async function checkMedium(path: string): Promise<void> {
  const isDirectory = (await stat(path).catch(() => undefined))?.isDirectory()
  if (!isDirectory && ((await recogniseFormat(path)) !== 'raw' || (await hasBootMark(path)))) return
  throw new HaosError('ARTIFACT_INVALID', `${path} is no ISO and no disk`, {
    hint: 'Name an ISO or a disk image, such as `haos-build iso` and `haos-build disk` make.',
    at: path,
  })
}

/** The signature of an MBR, which a GPT disk has too, or that of a volume descriptor (ECMA-119, 8.1.2). */
async function hasBootMark(path: string): Promise<boolean> {
  await using file = await open(path)
  const read = async (position: number, length: number) =>
    (await file.read(Buffer.alloc(length), 0, length, position)).buffer.toString('latin1')
  return (await read(510, 2)) === '\x55\xaa' || (await read(16 * 2048 + 1, 5)) === 'CD001'
}
