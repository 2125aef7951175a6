import type {Identity} from '#dsl'
import {Release, releaseFile, releaseSignatures, systemPaths} from '#layout'
import type {Host} from '../host/host.ts'
import {resolveLinks, runOrThrow} from '../host/run-or-throw.ts'
import type {SignedDocument} from './signature/signed-document.ts'

/** A release that can be installed. */
export interface Candidate {
  readonly release: Release
  /** What describes it. */
  readonly document: SignedDocument
  /** Where it comes from, for messages. */
  readonly origin: string
  /** Whether a file lies on the node's disk twice while it is installed: it is fetched or unpacked first. */
  readonly isStaged: boolean
  /** Puts a file of the release, by its path, at a path of the node. Its digest need not be right: the caller checks it. */
  copyFile(path: string, to: string): void
}

/** What a release must be for. */
export interface ForNode {
  readonly identity: Identity
  readonly arch: string
}

/** Reads the release in a directory. Throws if there is none, or if it is not for this node. */
export function readCandidate(host: Host, directory: string, {identity, arch}: ForNode): Candidate {
  const {own} = systemPaths({...identity, systemDir: directory})
  // A directory without symlinks, such as one on FAT, holds one version.
  const [only] = host.list(own.directory) ?? []
  // On a node that has been upgraded, the link leads through that of the release.
  const version = host.lstat(own.current) === undefined ? only : resolveLinks(host, own.current).split('/').at(-1)
  const text = version === undefined ? undefined : host.read(`${own.of(version)}/${releaseFile}`)
  if (text === undefined)
    throw new Error(
      `${directory} holds no release of ${identity.title}: there is no ${own.directory}/VERSION/${releaseFile}`,
    )
  const release = parseRelease(text, `${own.directory}/${version}/${releaseFile}`, {identity, arch})
  return {
    release,
    document: {text, signatures: host.read(`${own.of(version ?? '')}/${releaseSignatures.file}`)},
    origin: directory,
    isStaged: false,
    copyFile(path, to) {
      const from = resolveLinks(host, `${directory}/${path}`)
      // A larger one would fill the disk before its digest is known.
      if (host.lstat(from)?.sizeBytes !== release.files.find((file) => file.path === path)?.sizeBytes)
        throw new Error(`${directory} is damaged: ${path} does not have the size that ${releaseFile} names`)
      runOrThrow(host, ['cp', from, to])
    },
  }
}

/** Parses release.json. Throws if it is damaged, or if the release is not for this node. */
export function parseRelease(text: string, path: string, {identity, arch}: ForNode): Release {
  const release = parse(text, path)
  if (release.product !== identity.name)
    throw new Error(`this is a release of "${release.product}", and the node runs "${identity.name}"`)
  if (release.arch !== arch)
    throw new Error(`the release is for ${release.arch}, and the node is ${arch}: take the image for ${arch}`)
  return release
}

function parse(text: string, path: string): Release {
  try {
    return Release.parse(JSON.parse(text))
  } catch {
    throw new Error(`${path} is damaged, or of a later version of this program`)
  }
}

/** The architecture of the node, as images name it. Throws if there is none for it. */
export function archOfNode(host: Host): Release['arch'] {
  const machine = host.run(['uname', '-m']).stdout.trim()
  if (machine === 'x86_64') return 'amd64'
  if (machine === 'aarch64') return 'arm64'
  if (/^armv[67]/.test(machine)) return 'arm'
  throw new Error(`there are no images for ${machine}`)
}
