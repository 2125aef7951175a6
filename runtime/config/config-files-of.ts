import type {Host} from '../host/host.ts'
import type {ConfigFiles} from './config-files.ts'

/** The configuration files of a host, or of the node whose root is mounted at a directory of it. */
export const configFilesOf = (host: Host, root = ''): ConfigFiles => ({
  // Reading a pipe would block forever.
  read: (path) => (host.lstat(root + path)?.type === 'other' ? undefined : host.readBytes(root + path)),
  list: (path) => host.list(root + path),
})
