import type {Host, WriteOptions} from './host.ts'

/** Writes a file unless its content, permissions and owner match already. Returns whether it was written. */
export function writeIfChanged(
  host: Host,
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): boolean {
  if (isUpToDate(host, path, content, options)) return false
  host.write(path, content, options)
  return true
}

function isUpToDate(host: Host, path: string, content: string | Uint8Array, {mode, owner}: WriteOptions): boolean {
  const status = host.lstat(path)
  if (status?.type !== 'file') return false
  if (mode !== undefined && status.mode !== mode) return false
  if (owner !== undefined && (status.uid !== owner.uid || status.gid !== owner.gid)) return false
  if (typeof content === 'string') return host.read(path) === content
  const found = host.readBytes(path)
  return found?.length === content.length && found.every((byte, index) => byte === content[index])
}
