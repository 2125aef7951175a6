import type {Host} from '../host/host.ts'
import type {ConfigFiles} from './config-files.ts'

/** The configuration files of a host. */
export const configFilesOf = (host: Host): ConfigFiles => ({
  // Reading a pipe would block forever.
  read: (path) => (host.lstat(path)?.type === 'other' ? undefined : host.readBytes(path)),
  list: (path) => host.list(path),
})
