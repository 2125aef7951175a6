import {stat} from 'node:fs/promises'
import type {FileNode} from '#dsl'
import {HaosError} from '#dsl'
import {digestOfFile} from '#engine'
import type {TreeContent, TreeEntry} from '#formats'

/**
 * Converts a node of a plan to an entry that can be written; `file` returns the path of a local file by digest. Fails
 * with DIGEST_MISMATCH if that file has changed.
 */
export async function fromFileNode(node: FileNode, file: (sha256: string) => string): Promise<TreeEntry> {
  const {path, type, uid, gid} = node
  const xattrs =
    node.xattrs &&
    Object.fromEntries(Object.entries(node.xattrs).map(([key, value]) => [key, Buffer.from(value, 'base64')]))
  const common = {path, type, uid, gid, ...(xattrs && {xattrs})}
  switch (node.type) {
    case 'file':
      return {...common, mode: modeOf(node.mode), content: await contentOf(node, file)}
    case 'symlink':
      return {...common, mode: 0o777, target: node.target}
    case 'hardlink':
      return {...common, mode: 0o644, target: node.target}
    case 'block-device':
    case 'character-device':
      return {...common, mode: modeOf(node.mode), major: node.major, minor: node.minor}
    default:
      return {...common, mode: modeOf(node.mode)}
  }
}

const modeOf = (mode: string): number => Number.parseInt(mode, 8)

async function contentOf(
  node: Extract<FileNode, {type: 'file'}>,
  file: (sha256: string) => string,
): Promise<TreeContent> {
  const {content} = node
  if ('text' in content) return {bytes: Buffer.from(content.text)}
  if ('base64' in content) return {bytes: Buffer.from(content.base64, 'base64')}
  const hostPath = file(content.sha256)
  const {size} = await stat(hostPath)
  if ((content.sizeBytes ?? size) !== size || (await digestOfFile(hostPath)) !== content.sha256) {
    throw new HaosError('DIGEST_MISMATCH', `${hostPath} changed during the build`, {
      at: hostPath,
      hint: 'Do not change the files of the recipe during a build, and run it again.',
    })
  }
  return {hostPath, offset: 0, sizeBytes: size}
}
