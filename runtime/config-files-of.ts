import type {ConfigFiles} from './config/config-files.ts'
import type {Host} from './host/host.ts'

/** The files that configuration is read from, as a host has them. */
export const configFilesOf = (host: Host): ConfigFiles => ({
  read: (path) => host.readBytes(path),
  list: (path) => host.list(path),
  gunzip: (data) => host.gunzip(data),
})
