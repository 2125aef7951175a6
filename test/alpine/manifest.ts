import {createHash} from 'node:crypto'
import {contentSize, readContent, type TreeEntry} from '#formats'

const typeNames: Readonly<Record<string, string>> = {
  directory: 'dir',
  'character-device': 'chardev',
  'block-device': 'blockdev',
}

/** One line for each path of a tree, without times, for comparison with a recording. */
export async function manifestOf(entries: Iterable<TreeEntry>): Promise<Map<string, string>> {
  const lines = new Map<string, string>()
  const files = new Map<string, TreeEntry>()
  for (const entry of entries) if (entry.type === 'file') files.set(entry.path, entry)
  for (const entry of entries) {
    const {path, type, uid, gid, mode, target, major, minor} = entry
    const file = type === 'hardlink' ? files.get(target ?? '') : entry
    const content = file?.content
    lines.set(
      path === '/' ? '.' : path.slice(1),
      JSON.stringify({
        type: type === 'hardlink' ? 'file' : (typeNames[type] ?? type),
        ...(type !== 'symlink' && {mode: mode.toString(8).padStart(4, '0')}),
        uid,
        gid,
        ...(content && {
          size: contentSize(content),
          sha256: createHash('sha256')
            .update(await readContent(content))
            .digest('hex'),
        }),
        ...(type === 'symlink' && {target}),
        ...(major !== undefined && {rdev: [major, minor]}),
      }),
    )
  }
  return lines
}
