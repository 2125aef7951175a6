import type {Host} from '../host/host.ts'
import type {ConfigFiles} from './config-files.ts'

/** The files that configuration is read from, as a host has them. */
export const configFilesOf = (host: Host): ConfigFiles => ({
  // A pipe would be waited for, for ever.
  read: (path) => (host.lstat(path)?.type === 'other' ? undefined : host.readBytes(path)),
  list: (path) => host.list(path),
  gunzip: (data) => host.gunzip(data),
})
