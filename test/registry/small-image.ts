import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {writeTree} from '../../formats/tar/tree-archive.ts'
import {ociArchive} from '../../image/steps/output/oci-archive.ts'
import {runStep} from '../run-step.ts'
import {scratchDirectory} from '../scratch.ts'
import {filesOf, makeRelease, type ReleaseOptions} from '../upgraded-node.ts'

/** Packs a small release as an image for containers, and returns the path of the archive. */
export async function makeImage(options: ReleaseOptions & {readonly tag?: string}): Promise<string> {
  const scratch = scratchDirectory()
  makeRelease(scratch, 'release', options)
  const tools = join(scratch, 'tools')
  const busybox = {type: 'file', mode: 0o755, uid: 0, gid: 0, content: {bytes: Buffer.from('busybox')}} as const
  await writeTree(tools, [{path: '/bin/busybox', ...busybox}], {epoch: 0})
  const program = join(scratch, 'program')
  writeFileSync(program, `#!/usr/bin/qjs\n// ${options.version}\n`)
  const paths = Object.keys(filesOf(options))
  const own = `haos/${options.version}/release.json`
  const signatures = join(scratch, 'release', `${own}.sig`)
  return runStep(
    ociArchive,
    {
      tools,
      files: paths.map((path) => join(scratch, 'release', path)),
      release: join(scratch, 'release', own),
      signatures: existsSync(signatures) ? [signatures] : [],
      program: [program],
    },
    {
      name: 'haos',
      version: options.tag ?? options.version,
      architecture: options.arch ?? 'amd64',
      entrypoint: ['haos'],
      env: ['PATH=/usr/bin'],
      annotations: {'org.opencontainers.image.version': options.version},
      files: paths.map((file) => {
        const [part, , name] = file.split('/')
        return {file, path: `haos/system/files/${part}/${name}`, mode: 0o644}
      }),
      release: `haos/system/${own}`,
      program: ['bin/haos'],
      texts: {},
      links: {},
    },
  )
}

/** Puts files of an archive below a directory of a node, as a layout. */
export function unpackLayout(archive: string, directory: string): void {
  mkdirSync(directory, {recursive: true})
  execFileSync('tar', ['-xf', archive, '-C', directory])
}

/** Copies a layout into another one, whose index then lists both. */
export function uniteLayouts(from: string, into: string): void {
  for (const name of readdirSync(join(from, 'blobs/sha256'))) {
    mkdirSync(dirname(join(into, 'blobs/sha256', name)), {recursive: true})
    writeFileSync(join(into, 'blobs/sha256', name), readFileSync(join(from, 'blobs/sha256', name)))
  }
  const read = (directory: string) => JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
  const manifests = [...read(into).manifests, ...read(from).manifests]
  writeFileSync(join(into, 'index.json'), JSON.stringify({...read(into), manifests}))
}
