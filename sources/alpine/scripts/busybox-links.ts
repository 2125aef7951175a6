import {parentOf} from '#dsl'
import {readContent} from '#formats'
import type {RootTree} from '../../root-tree.ts'
import {readText} from '../install/install-packages.ts'

const busybox = '/bin/busybox'
const suid = '/bin/bbsuid'

/** `busybox --install -s`: links for all programs whose path is free. Returns false if busybox does not list them in a file. */
export async function installBusybox(root: RootTree): Promise<boolean> {
  const list = await readText(root, '/etc/busybox-paths.d/busybox')
  if (list === '') return false
  for (const line of list.split('\n')) if (line !== '') linkIfFree(root, `/${line}`, busybox)
  return true
}

/** `bbsuid --install`: takes over the programs that need root privileges. */
export async function installSuid(root: RootTree): Promise<void> {
  const content = root.follow(suid)?.entry.content
  if (content === undefined) return
  // The program contains its list, as strings that end in zero bytes.
  const text = Buffer.from(await readContent(content)).toString('latin1')
  for (const path of text.match(/(?<=\0)\/(?:usr\/)?s?bin\/[\w-]+(?=\0)/g) ?? []) {
    if (path === suid || path === busybox) continue
    const before = root.get(path)?.entry
    if (before?.type === 'symlink' && before.target === busybox) root.remove(path)
    linkIfFree(root, path, suid)
  }
}

function linkIfFree(root: RootTree, path: string, target: string): void {
  if (root.has(path) || root.follow(parentOf(path))?.entry.type !== 'directory') return
  root.put({path, type: 'symlink', mode: 0o777, uid: 0, gid: 0, target})
}
