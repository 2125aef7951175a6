import type {Identity} from '#dsl'
import {Release, releaseFile, systemPaths} from '#layout'
import type {Host} from '../host/host.ts'
import {readLink} from '../host/run-or-throw.ts'

/** A release that can be installed. */
export interface Candidate {
  /** Directory with its versions, laid out like the system directory. */
  readonly directory: string
  readonly release: Release
}

/** Reads the release in a directory. Throws if there is none, or if it is not for this node. */
export function readCandidate(
  host: Host,
  directory: string,
  {identity, arch}: {readonly identity: Identity; readonly arch: string},
): Candidate {
  const {own} = systemPaths({...identity, systemDir: directory})
  // A directory without symlinks, such as one on FAT, holds one version.
  const version = readLink(host, own.current)?.split('/').at(-1) ?? (host.list(own.directory) ?? [])[0]
  const text = version === undefined ? undefined : host.read(`${own.of(version)}/${releaseFile}`)
  if (text === undefined)
    throw new Error(
      `${directory} holds no release of ${identity.title}: there is no ${own.directory}/VERSION/${releaseFile}`,
    )
  const release = parse(text, `${own.directory}/${version}/${releaseFile}`)
  if (release.product !== identity.name)
    throw new Error(`this is a release of "${release.product}", and the node runs "${identity.name}"`)
  if (release.arch !== arch)
    throw new Error(`the release is for ${release.arch}, and the node is ${arch}: take the image for ${arch}`)
  return {directory, release}
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
