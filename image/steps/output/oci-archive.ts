import {readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {defineStep, digestOfFile} from '#engine'
import {ociTagOf, renderOciImage, renderOciIndex, type TreeEntry, writeTree} from '#formats'
import {oci, type PlacedFiles} from '#layout'

const root = {uid: 0, gid: 0}
const path = z.string().regex(/^(?:[^/\0]+\/)*[^/\0]+$/, 'must be a relative path')

/**
 * Packs an image for containers: an OCI layout that `docker load` accepts, too, in one tar.
 *
 * Its layers are not compressed, since nearly all of their bytes are. A file of the release is the only file of its layer, at a path
 * that does not depend on the version: a layer changes only if its file does.
 */
export const ociArchive = defineStep({
  kind: 'oci-archive',
  revision: 1,
  summary: 'packs the image for containers',
  inputs: {tools: 'tree', files: ['file'], release: 'file', signatures: ['file'], program: ['file']},
  output: 'file',
  options: z.strictObject({
    name: z.string(),
    version: z.string(),
    architecture: z.string(),
    variant: z.string().optional(),
    entrypoint: z.array(z.string()),
    env: z.array(z.string()),
    annotations: z.record(z.string(), z.string()),
    /** Of each file of the release: its path in the release, and in its layer. */
    files: z.array(z.strictObject({file: path, path, mode: z.int()})),
    /** Paths of release.json, and of the files of the node's program, the first of which is called. */
    release: path,
    program: z.array(path).min(1),
    texts: z.record(path, z.string()),
    links: z.record(path, z.string()),
  }),
  tools: [],
  async run({inputs, options, output, scratch, epoch, signal}) {
    const [signatures] = inputs.signatures
    const fileEntry = async (from: string, to: string, mode: number): Promise<TreeEntry> => {
      const content = {hostPath: from, offset: 0, sizeBytes: (await stat(from)).size}
      return {path: `/${to}`, type: 'file', mode, ...root, content}
    }
    const describe = async (hostPath: string, createdBy: string) => ({
      hostPath,
      createdBy,
      sizeBytes: (await stat(hostPath)).size,
      digest: `sha256:${await digestOfFile(hostPath, signal)}`,
    })
    const layers = [await describe(inputs.tools, 'programs of the container')]
    const placed: PlacedFiles = []
    for (const [index, {file, path: to, mode}] of options.files.entries()) {
      const layer = join(scratch, `${index}.tar`)
      await writeTree(layer, [await fileEntry(inputs.files[index] ?? '', to, mode)], {epoch, bare: true})
      const described = await describe(layer, file)
      layers.push(described)
      placed.push({file, path: to, layer: described.digest})
    }
    const own = join(scratch, 'own.tar')
    await writeTree(
      own,
      [
        ...(await Promise.all(
          inputs.program.map((from, index) =>
            fileEntry(from, options.program[index] ?? '', index === 0 ? 0o755 : 0o644),
          ),
        )),
        await fileEntry(inputs.release, options.release, 0o644),
        ...(signatures === undefined ? [] : [await fileEntry(signatures, `${options.release}.sig`, 0o644)]),
        ...Object.entries(options.texts).map(([to, text]): TreeEntry => {
          return {path: `/${to}`, type: 'file', mode: 0o644, ...root, content: {bytes: Buffer.from(text)}}
        }),
        ...Object.entries(options.links).map(([to, target]): TreeEntry => {
          return {path: `/${to}`, type: 'symlink', mode: 0o777, ...root, target}
        }),
      ],
      {epoch},
    )
    layers.push(await describe(own, 'description of the release, and its program'))
    const {name, version, architecture, variant, entrypoint, env, annotations} = options
    const labels = {
      ...annotations,
      [oci.labels.release]: await readFile(inputs.release, 'utf8'),
      ...(signatures !== undefined && {[oci.labels.signatures]: await readFile(signatures, 'utf8')}),
      [oci.labels.files]: JSON.stringify(placed),
    }
    const {config, manifest} = renderOciImage({
      ...{architecture, variant, epoch, entrypoint, env, labels, annotations, layers},
    })
    const tag = ociTagOf(version)
    const index = renderOciIndex([{...manifest.descriptor, annotations: {[oci.refName]: tag}}])
    const docker = [
      {
        Config: oci.files.blob(config.descriptor.digest),
        RepoTags: [`${name}:${tag}`],
        Layers: layers.map(({digest}) => oci.files.blob(digest)),
      },
    ]
    const text = (to: string, bytes: Uint8Array): TreeEntry => {
      return {path: `/${to}`, type: 'file', mode: 0o644, ...root, content: {bytes}}
    }
    const blobs = new Map<string, TreeEntry>()
    for (const {bytes, descriptor} of [config, manifest])
      blobs.set(descriptor.digest, text(oci.files.blob(descriptor.digest), bytes))
    for (const {hostPath, digest} of layers) blobs.set(digest, await fileEntry(hostPath, oci.files.blob(digest), 0o644))
    await writeTree(
      output,
      [
        // First: a reader that wants to know what it has need not read the blobs.
        text(oci.files.marker, Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
        text(oci.files.index, index.bytes),
        text(oci.files.docker, Buffer.from(JSON.stringify(docker))),
        ...[...blobs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
      ],
      {epoch, bare: true},
    )
  },
})
