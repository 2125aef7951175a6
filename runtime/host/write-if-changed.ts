import type {Host, WriteOptions} from './host.ts'

/** Writes a file unless it is already so, content, permissions and owner. True when something had to be written. */
export function writeIfChanged(
  host: Host,
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): boolean {
  if (isSo(host, path, content, options)) return false
  host.write(path, content, options)
  return true
}

function isSo(host: Host, path: string, content: string | Uint8Array, {mode, owner}: WriteOptions): boolean {
  const status = host.lstat(path)
  if (status?.type !== 'file') return false
  if (mode !== undefined && status.mode !== mode) return false
  if (owner !== undefined && (status.uid !== owner.uid || status.gid !== owner.gid)) return false
  if (typeof content === 'string') return host.read(path) === content
  const found = host.readBytes(path)
  return found?.length === content.length && found.every((byte, index) => byte === content[index])
}
