import * as z from 'zod'
import {Registries} from './registries.ts'
import {Sha256} from './schema.ts'

const version = z.string().regex(/^v\d+\.\d+\.\d+\+(?:k3s|rke2r)\d+$/, 'must be a release such as "v1.34.3+k3s1"')

/** Endings that containerd's importer of k3s and rke2 knows (rancher/wharfie, pkg/tarfile). */
const archiveName = /^[\w+~@-][\w.+~@-]*\.(?:tar|tar\.(?:lz4|bz2|gz|zst)|tbz|tgz|tzst)$/

/** The last part of a path, or of a URL without its query. */
const nameOf = (place: string): string => place.slice(place.lastIndexOf('/') + 1)
const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '')

const isArchive = (place: string): boolean => archiveName.test(nameOf(place))
const archiveRule = 'must end with the name of an archive such as "app.tar" or "app.tar.zst"'

/** An archive of container images: of OCI or of Docker's format, plain or compressed. */
export const ImageArchive = z.union([
  z.string().refine(isArchive, archiveRule),
  z.strictObject({url: z.url().refine((url) => isArchive(withoutQuery(url)), archiveRule), sha256: Sha256}),
])
export type ImageArchive = z.output<typeof ImageArchive>

/** File name of an archive of images. */
export const archiveFileName = (archive: ImageArchive): string =>
  decodeURIComponent(nameOf(typeof archive === 'string' ? archive : withoutQuery(archive.url)))

/** Options that all Kubernetes distributions share. */
const Release = z.strictObject({
  /** Tag of the release, such as `v1.34.3+k3s1`. Either this or `channel` is required. */
  version: version.optional(),
  /** Channel whose current release `lock` pins: `stable`, `latest`, or a minor version such as `v1.34`. `lock --update` pins its newest. */
  channel: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, 'must be the name of a channel such as "stable"')
    .optional(),
  /** `embedded`: the binary is in the image. `first-boot`: the node fetches the same pinned binary and checks it. */
  ship: z.enum(['embedded', 'first-boot']).default('embedded'),
  /** SHA-256 of the release's binary by architecture, from its `sha256sum-ARCH.txt`. Left out, `lock` fetches it from the release host. */
  sha256: z.strictObject({amd64: Sha256.optional(), arm64: Sha256.optional(), arm: Sha256.optional()}).default({}),
  /** Whether the image contains the release's own container images, so that a node needs no registry. */
  airgap: z.boolean().default(false),
  /** Archives of more container images that a node has from its first boot on: paths relative to the recipe, or `{url, sha256}`. */
  images: z.array(ImageArchive).default([]),
  /** Mirrors and credentials of registries: registries.yaml, which only root can read. */
  registries: z.optional(Registries),
  /** Content of config.yaml of the distribution, in its own names. On the node, arguments and files of `config` take precedence. */
  config: z.record(z.string().regex(/^[a-z][a-z0-9-]*\+?$/, 'must be a flag without dashes'), z.json()).optional(),
})

/** Kubernetes on the node. */
export const Kubernetes = z.discriminatedUnion('kind', [
  Release.extend({
    kind: z.literal('k3s'),
    /** Base URL of releases, without a trailing slash; the release tag and the file name are appended. Default: upstream's. */
    mirror: z.url().default('https://github.com/k3s-io/k3s/releases/download'),
    /** Base URL of channels, without a trailing slash; the channel's name is appended. Default: upstream's. */
    channelServer: z.url().default('https://update.k3s.io/v1-release/channels'),
  }),
  Release.extend({
    kind: z.literal('rke2'),
    /** Hardening that rke2 checks when it starts: `cis` sets what it requires of the node, user, group and kernel parameters. */
    profile: z.enum(['cis']).optional(),
    /** Base URL of releases, without a trailing slash; the release tag and the file name are appended. Default: upstream's. */
    mirror: z.url().default('https://github.com/rancher/rke2/releases/download'),
    /** Base URL of channels, without a trailing slash; the channel's name is appended. Default: upstream's. */
    channelServer: z.url().default('https://update.rke2.io/v1-release/channels'),
  }),
])
export type Kubernetes = z.output<typeof Kubernetes>

type K3sInput = Extract<z.input<typeof Kubernetes>, {kind: 'k3s'}>
type Rke2Input = Extract<z.input<typeof Kubernetes>, {kind: 'rke2'}>

/** k3s, pinned. Default: embedded in the image. */
export const k3s = (spec: Omit<K3sInput, 'kind'>): K3sInput => ({kind: 'k3s', ...spec})

/** rke2, pinned. Default: embedded in the image. There is none for arm. */
export const rke2 = (spec: Omit<Rke2Input, 'kind'>): Rke2Input => ({kind: 'rke2', ...spec})
