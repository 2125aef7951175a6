import type {NodeFile} from '#dsl'
import {parentOf} from '#dsl'
import {defineApplier, type Node, nonEmpty, outcomeOf, reasonOf} from '../apply/applier.ts'
import {findOwner, OwnerError} from '../host/accounts.ts'
import {mkdirAll} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {decodeContent} from '../text/decode-content.ts'
import {rememberWritten} from './remember-written.ts'

/** Writes the user's files. One that cannot be written is reported and leaves nothing behind; the others are written. */
export const writeFiles = defineApplier({
  name: 'write_files',
  keys: ['write_files'],
  select: ({write_files, users = []}) =>
    nonEmpty(write_files) && {
      files: write_files ?? [],
      owners: users.flatMap(({name, primary_group = '', groups = []}) => [name, primary_group, ...groups]),
    },
  apply({files, owners}, node) {
    let changed = false
    files.forEach((file, index) => {
      try {
        changed = writeFile(node, file) || changed
      } catch (error) {
        // A later phase writes it: before the disks are mounted, the users of the config have no numbers.
        if (error instanceof OwnerError && file.owner?.split(/[:.]/).some((name) => owners.includes(name))) return
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
  rememberWritten(node, path)
  return writeIfChanged(host, path, content, {mode, owner, replaceLink: true})
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
