import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'
import {deriveIdentity} from '#dsl'
import {withoutYamlWriter} from '../image/steps/runtime/without-yaml-writer.ts'
import {runtimeBundleOptions} from '../runtime/bundle-options.ts'

/** Bundles a file of `runtime/` for QuickJS as the build does with the node's program, and returns the path of the bundle. */
export async function bundleForNode(entry: string, outfile: string): Promise<string> {
  const options = runtimeBundleOptions({identity: deriveIdentity('haos'), version: '1.2.3'})
  await build({
    ...options,
    external: [...options.external],
    mainFields: [...options.mainFields],
    plugins: [withoutYamlWriter],
    entryPoints: [entry],
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    outfile,
  })
  return outfile
}
