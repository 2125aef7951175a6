import {readFile} from 'node:fs/promises'
import * as z from 'zod'

const Manifest = z.object({kubernetes: z.object({kind: z.string()}).optional()})

/**
 * Memory for a machine that boots a file, in MiB: 2048 if its manifest, which a build writes beside it, names Kubernetes; a
 * server of k3s needs that much (docs.k3s.io, "Requirements"). Otherwise 1024.
 */
export async function defaultMemoryMiB(file: string): Promise<number> {
  try {
    return Manifest.parse(JSON.parse(await readFile(`${file}.manifest.json`, 'utf8'))).kubernetes === undefined
      ? 1024
      : 2048
  } catch {
    // Not made here, or moved without its manifest.
    return 1024
  }
}
