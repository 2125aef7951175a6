import {HaosError} from '#dsl'
import {type OciDocument, readContent, readTree, renderOciIndex, type TreeContent} from '#formats'
import {type OciDescriptor, OciIndex, OciManifest, oci} from '#layout'

/** A blob of an image, and where its bytes are. */
export interface OciBlob {
  readonly digest: string
  readonly sizeBytes: number
  readonly content: TreeContent
}

/** An image for one or several architectures. */
export interface OciImages {
  /** What its name leads to: the manifest, or for several architectures an index of manifests. */
  readonly root: OciDocument
  /** Manifests behind an index. */
  readonly manifests: readonly OciDocument[]
  /** Configurations and layers, each once. */
  readonly blobs: readonly OciBlob[]
  /** Tag that its version has. */
  readonly tag: string
}

/** Opens archives that `oci` has built, one for each architecture, as one image. Fails with ARTIFACT_INVALID if one is damaged. */
export async function openOciImages(archives: readonly string[]): Promise<OciImages> {
  const opened = await Promise.all(archives.map(openArchive))
  const [first] = opened
  if (first === undefined) throw new Error('there is no image')
  const manifests = opened.map(({manifest}) => manifest)
  const blobs = new Map(opened.flatMap((each) => each.blobs.map((blob) => [blob.digest, blob])))
  const {annotations} = OciManifest.parse(JSON.parse(Buffer.from(first.manifest.bytes).toString()))
  const descriptors = manifests.map(({descriptor}) => descriptor)
  return {
    root: opened.length === 1 ? first.manifest : renderOciIndex(descriptors, annotations),
    manifests: opened.length === 1 ? [] : manifests,
    blobs: [...blobs.values()],
    tag: first.tag,
  }
}

async function openArchive(archive: string) {
  const contents = new Map<string, TreeContent>()
  const damaged = (problem: string): HaosError =>
    new HaosError('ARTIFACT_INVALID', `${archive} is no image of haos-build: ${problem}`, {
      at: archive,
      hint: 'Delete the file, and build it again with `haos-build oci`.',
    })
  for await (const {path, content} of readTree(archive, {damaged}))
    if (content !== undefined) contents.set(path.slice(1), content)
  const contentOf = (path: string): TreeContent => {
    const content = contents.get(path)
    if (content === undefined) throw damaged(`there is no ${path}`)
    return content
  }
  const bytesOf = async (path: string) => Buffer.from(await readContent(contentOf(path)))
  const [entry] = OciIndex.parse(JSON.parse((await bytesOf(oci.files.index)).toString())).manifests
  if (entry === undefined) throw damaged('its index is empty')
  const bytes = await bytesOf(oci.files.blob(entry.digest))
  const {config, layers} = OciManifest.parse(JSON.parse(bytes.toString()))
  const {[oci.refName]: tag = 'latest', ...annotations} = entry.annotations ?? {}
  const {annotations: _, ...plain} = entry
  const descriptor = Object.keys(annotations).length > 0 ? {...plain, annotations} : plain
  return {
    tag,
    manifest: {bytes, descriptor},
    blobs: [config, ...layers].map(({digest, size}: OciDescriptor): OciBlob => {
      return {digest, sizeBytes: size, content: contentOf(oci.files.blob(digest))}
    }),
  }
}
