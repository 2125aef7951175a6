import type {NodeFile} from '#dsl'
import {parentOf} from '#dsl'
import {defineApplier, type Node, nonEmpty, outcomeOf, reasonOf} from '../apply/applier.ts'
import {findOwner, OwnerError} from '../host/accounts.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {decodeContent} from '../text/decode-content.ts'

/** Writes the user's files. One that cannot be written is reported and leaves nothing behind; the others are written. */
export const writeFiles = defineApplier({
  name: 'write_files',
  keys: ['write_files'],
  select: (config) => nonEmpty(config.write_files),
  apply(files, node) {
    let changed = false
    files.forEach((file, index) => {
      try {
        changed = writeFile(node, file) || changed
      } catch (error) {
        const path = `${node.item('write_files', index)}${error instanceof OwnerError ? '.owner' : ''}`
        node.report({path, message: `was not written: ${reasonOf(error)}`})
      }
    })
    return outcomeOf(changed)
  },
})

function writeFile(node: Node, file: NodeFile): boolean {
  const {host} = node
  const path = cleanPath(file.path)
  if (path === '/') throw new Error('its path is missing')
  const content = decodeContent(file.content ?? '', file.encoding ?? '')
  if (content === undefined) throw new Error('its encoding is unknown')
  const mode = parseMode(file.permissions)
  const owner = findOwner(host, file.owner || '0:0')
  if (host.lstat(path)?.type === 'other') throw new Error('the path is a device or a pipe')
  mkdirAll(host, parentOf(path))
  if (path.startsWith('/etc/rancher/')) remember(node, path)
  return writeIfChanged(host, path, content, {mode, owner, replaceLink: true})
}

/**
 * /etc/rancher persists across boots. Files that this applier writes there must not: stage 0 deletes those on this list
 * at the next boot.
 */
function remember({host, identity}: Node, path: string): void {
  const list = `${identity.localDir}/etc-rancher.written`
  const known = host.read(list) ?? ''
  if (known.split('\n').includes(path)) return
  mkdirAll(host, identity.localDir)
  host.write(list, `${known}${path}\n`, {mode: 0o600})
}

/** The absolute path without `.`, `..` and double slashes. */
function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function parseMode(permissions = ''): number {
  if (permissions === '') return 0o644
  const digits = /^(?:0o)?([0-7]+)$/.exec(permissions)?.[1]
  const mode = Number.parseInt(digits ?? '', 8)
  if (digits === undefined || mode > 0o7777) throw new Error('its permissions are not octal digits, such as "0644"')
  return mode
}
