import {copyFileSync} from 'node:fs'
import {join} from 'node:path'
import {digestOfBytes} from '#engine'
import {haosSubset, realPackages} from '../alpine/recorded-world.ts'
import {serveFiles} from '../served-files.ts'
import {standInK3s, standInPath} from '../stand-in-k3s.ts'
import {type BuildImageOptions, buildTarget} from './build-image.ts'

/** Builds the image of the largest world of real Alpine packages in a directory, and returns the path of its ISO. */
export const buildAlpineImage = async (directory: string, options: BuildImageOptions = {}): Promise<string> =>
  (await buildAlpineTarget('iso', directory, options))['iso'] ?? ''

/** Builds a target of the same image, and returns the paths of its files by role. */
export async function buildAlpineTarget(
  target: string,
  directory: string,
  options: BuildImageOptions = {},
): Promise<Readonly<Record<string, string>>> {
  const served = await serveFiles({[standInPath]: standInK3s})
  try {
    for (const name of ['haos.build.ts', 'haos.lock.json'])
      copyFileSync(join(import.meta.dirname, 'alpine', name), join(directory, name))
    const inputs = {
      alpine: realPackages,
      world: haosSubset.world.join(' '),
      k3sMirror: `http://127.0.0.1:${served.port}`,
      k3sDigest: digestOfBytes(standInK3s),
    }
    return await buildTarget(target, {
      recipe: join(directory, 'haos.build.ts'),
      out: join(directory, 'out'),
      ...options,
      arguments: [
        ...Object.entries(inputs).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
        ...(options.arguments ?? []),
      ],
    })
  } finally {
    served.close()
  }
}
