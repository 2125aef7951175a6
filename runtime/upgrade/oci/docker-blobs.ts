import * as z from 'zod/mini'
import {OciConfig, type OciDescriptor, oci} from '#layout'
import type {Host} from '../../host/host.ts'
import {encodeUtf8} from '../../text/utf8.ts'
import type {ImageBlobs} from './image-blobs.ts'
import {parseDocument} from './parse-document.ts'
import type {TarMembers} from './tar-members.ts'

/** The images of an archive, with the paths of their parts in it (Docker Image Specification v1.2, "Combined Image JSON + Filesystem Changeset Format"). */
const DockerArchive = z.array(z.object({Config: z.string(), Layers: z.array(z.string())}))

/**
 * The blobs of an archive as `docker save` made it before version 25, and as skopeo, podman and crane do. It has no manifest: one is made of what
 * the archive says, so that the rest of the program knows one kind of image.
 */
export function dockerBlobs(host: Host, {archive, text, withFile}: TarMembers): ImageBlobs {
  const documents = new Map<string, string>()
  const members = new Map<string, string>()
  const keep = (content: string): Pick<OciDescriptor, 'digest' | 'size'> => {
    const bytes = encodeUtf8(content)
    const digest = `sha256:${host.sha256(bytes)}`
    documents.set(digest, content)
    return {digest, size: bytes.length}
  }
  const damaged = (path: string) =>
    new Error(`${archive} is damaged, or no image for containers: ${path} cannot be read`)
  const describe = (path: string, diffId: string): OciDescriptor => {
    // Only a name of the digest of the compressed bytes, as crane gives it, says that they are compressed.
    const packed = /^([0-9a-f]{64})\.tar\.gz$/.exec(path)?.[1]
    const digest = packed === undefined ? diffId : `sha256:${packed}`
    members.set(digest, path)
    return {mediaType: packed === undefined ? oci.types.layer : `${oci.types.layer}+gzip`, digest, size: 0}
  }
  const manifestOf = ({Config, Layers}: z.output<typeof DockerArchive>[number]): OciDescriptor => {
    const described = text(Config)
    const config = parseDocument(OciConfig, described)
    const diffIds = config?.rootfs.diff_ids ?? []
    const kept = keep(described)
    // Its name is its digest, in all programs that write such archives.
    const named = /[0-9a-f]{64}/.exec(Config)?.[0] ?? kept.digest
    if (config === undefined || diffIds.length !== Layers.length || !kept.digest.endsWith(named)) throw damaged(Config)
    const manifest = {
      schemaVersion: 2,
      mediaType: oci.types.manifest,
      config: {mediaType: oci.types.config, ...kept},
      layers: Layers.map((path, index) => describe(path, diffIds[index] ?? '')),
    }
    return {mediaType: oci.types.manifest, ...keep(JSON.stringify(manifest))}
  }
  return {
    origin: archive,
    isStaged: true,
    root() {
      const images = parseDocument(DockerArchive, text(oci.files.docker))
      if (images === undefined) throw damaged(oci.files.docker)
      return JSON.stringify({schemaVersion: 2, mediaType: oci.types.index, manifests: images.map(manifestOf)})
    },
    text: ({digest}) => documents.get(digest) ?? '',
    withFile: ({digest}, use) => withFile(members.get(digest) ?? digest, use),
  }
}
