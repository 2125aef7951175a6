import {copyFileSync} from 'node:fs'
import {join} from 'node:path'
import {digestOfBytes} from '#engine'
import {type ServedFiles, serveFiles} from '../served-files.ts'
import {standInK3s, standInPath} from '../stand-in-k3s.ts'
import {buildTarget} from './build-image.ts'

/** Files that the network serves to the node, below the address of the host. */
export const sampleManifest = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: from-the-net}\n'
/** Stand-ins for archives of container images: the recipe's own, and that of the release. */
export const sampleArchive = 'images of an app\n'
export const airgapArchive = 'images of the release\n'
const airgapName = 'k3s-airgap-images-amd64.tar.zst'
const airgapFiles = {
  '/k3s/v1.34.3%2Bk3s1/sha256sum-amd64.txt': `${digestOfBytes(airgapArchive)}  ${airgapName}\n`,
  [`/k3s/v1.34.3%2Bk3s1/${airgapName}`]: airgapArchive,
}
/** The served key; the other one is in the recipe. */
const servedKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8mNn1c2y5pWZ4nS7Qk1lZy3uQh0t9r5vXw2e6bD1fA served'

/** Serves the files that the sample config names, and builds the image with that config. Callers close the server. */
export async function buildSampleImage(scratch: string): Promise<{readonly iso: string; readonly served: ServedFiles}> {
  const {files, served} = await buildSampleTarget(scratch, 'iso')
  return {iso: files['iso'] ?? '', served}
}

/** The same for any target, with additional arguments of the command line; returns the paths of its files by role. */
export async function buildSampleTarget(
  scratch: string,
  target: string,
  more: readonly string[] = [],
): Promise<{readonly files: Readonly<Record<string, string>>; readonly served: ServedFiles}> {
  const served = await serveFiles({
    [`/k3s${standInPath}`]: standInK3s,
    ...airgapFiles,
    '/app.tar': sampleArchive,
    '/manifest.yaml': sampleManifest,
    '/keys': `${servedKey}\n`,
  })
  const recipe = join(scratch, 'haos.build.ts')
  copyFileSync(join(import.meta.dirname, 'sample/haos.build.ts'), recipe)
  // The quick start pins the packages that both images share.
  copyFileSync(join(import.meta.dirname, '../../haos.lock.json'), join(scratch, 'haos.lock.json'))
  const inputs = {
    port: served.port,
    k3s: digestOfBytes(standInK3s),
    manifest: digestOfBytes(sampleManifest),
    app: digestOfBytes(sampleArchive),
  }
  const set = Object.entries(inputs).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  return {served, files: await buildTarget(target, {recipe, out: join(scratch, 'out'), arguments: [...set, ...more]})}
}
