import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {join} from 'node:path'
import {type TreeEntry, withParents, writeTree} from '#formats'

/** The pinned packages of QuickJS as the root of an image, with a shell. */
export async function compilerTree(tools: string, scratch: string): Promise<string> {
  const top = join(tools, '../..')
  const owned = {uid: 0, gid: 0, mode: 0o755}
  const entries = readdirSync(top, {recursive: true, withFileTypes: true}).flatMap((found): TreeEntry[] => {
    const hostPath = join(found.parentPath, found.name)
    const path = hostPath.slice(top.length - (top.endsWith('/') ? 1 : 0))
    if (found.isSymbolicLink()) return [{path, type: 'symlink', target: readlinkSync(hostPath), ...owned}]
    return found.isFile() ? [{path, type: 'file', content: {bytes: readFileSync(hostPath)}, ...owned}] : []
  })
  const link = (path: string, target: string): TreeEntry => ({path, type: 'symlink', target, ...owned})
  const loaders = entries.some(({path}) => path.startsWith('/usr/lib64/')) ? [link('/lib64', 'usr/lib64')] : []
  const links = [link('/bin', 'usr/bin'), link('/lib', 'usr/lib'), ...loaders, link('/usr/bin/sh', 'busybox')]
  const tree = join(scratch, 'packages.tar')
  await writeTree(tree, withParents([...entries, ...links]), {epoch: 0})
  return tree
}
