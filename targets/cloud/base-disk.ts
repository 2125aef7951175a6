import {stat} from 'node:fs/promises'
import {resolve} from 'node:path'
import {HaosError} from '#dsl'
import {type Digest, digestOfFile} from '#engine'
import {diskFormatOf} from '#formats'

/** A disk image with another Linux to take over. */
export interface BaseDisk {
  /** Host path. */
  readonly path: string
  readonly sha256: Digest
}

/** Reads the whole image once, because its digest is part of the cache key. Fails with USAGE_INVALID or ARTIFACT_INVALID. */
export async function readBaseDisk(file: string): Promise<BaseDisk> {
  const path = resolve(file)
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) {
    throw new HaosError('USAGE_INVALID', `there is no disk image ${file}`, {
      at: '--base',
      hint: 'Give a raw, qcow2, vmdk, vhd or vhdx image of a Linux with cloud-init, GRUB and an ext4 root.',
    })
  }
  await diskFormatOf(path)
  return {path, sha256: await digestOfFile(path)}
}
