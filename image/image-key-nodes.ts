import type {FileNode, ImageSpec} from '#dsl'
import type {SystemNode} from './steps/system/system-node.ts'

const directory = '/etc/ssh/authorized_keys.d'

/**
 * SSH keys of users, in /etc, which comes from the image at each boot, so that a new image replaces them. Keys in a
 * home directory would persist, because it belongs to the user.
 */
export function imageKeyNodes({parts}: ImageSpec): SystemNode[] {
  const users = parts.flatMap((part) =>
    part.kind === 'user' && part.sshKeys !== undefined && part.sshKeys.length > 0 ? [part] : [],
  )
  if (users.length === 0) return []
  return [
    ...users.map(({name, sshKeys = []}) => text(`${directory}/${name}`, sshKeys.map((key) => `${key}\n`).join(''))),
    // The first value that is read counts (sshd_config(5)).
    text('/etc/ssh/sshd_config.d/20-image-keys.conf', `AuthorizedKeysFile .ssh/authorized_keys ${directory}/%u\n`),
  ]
}

const text = (path: string, content: string): {node: FileNode; replace: boolean} => ({
  node: {type: 'file', path, mode: '0644', uid: 0, gid: 0, content: {text: content}},
  replace: false,
})
