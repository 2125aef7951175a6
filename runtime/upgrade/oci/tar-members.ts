import {parentOf} from '#dsl'
import type {Host} from '../../host/host.ts'
import {readLink, runOrThrow} from '../../host/run-or-throw.ts'

/** The members of a tar archive, by their paths without a `./` at the beginning. They are read one at a time. */
export interface TarMembers {
  /** What users call the archive. */
  readonly archive: string
  has(path: string): boolean
  /** Text of a small member. Throws if there is none. */
  text(path: string): string
  /** Makes the path of a file with the bytes of a member, below `scratch`, for the time of a call. Throws if it is no file. */
  withFile(path: string, use: (file: string) => void): void
}

/** The names of an archive's members are read up to this limit: an image has some dozens. */
const maxNameBytes = 2 ** 20
/** A document of an image is smaller (OCI distribution specification, "Pushing Manifests": 4 MiB). */
const maxTextBytes = 4 * 2 ** 20

/** How the bytes of a tar archive are packed. */
export type TarCompression = 'gzip' | undefined

/**
 * Opens a tar archive; undefined if the file is none.
 *
 * One that is compressed is read from its beginning for every member, because the disk need not have space for all of it.
 */
export function openTar(
  host: Host,
  archive: string,
  {scratch, compression}: {readonly scratch: string; readonly compression: TarCompression},
): TarMembers | undefined {
  // GNU tar takes a name with a colon before its first slash for that of another machine.
  const file = archive.startsWith('/') ? archive : `./${archive}`
  const read = compression === 'gzip' ? 'gzip -dc "$1" 2>/dev/null' : 'cat "$1"'
  const start = host.run(['sh', '-c', `${read} | head -c 512`, 'sh', file]).stdout
  // First the mark of a tar header: tar(1) would read the whole of another file.
  if (start.slice(257, 262) !== 'ustar') return undefined
  const flags = compression === 'gzip' ? 'z' : ''
  const list = `tar -t${flags}f "$1" 2>/dev/null | head -c ${maxNameBytes}`
  const names = new Map(
    host
      .run(['sh', '-c', list, 'sh', file])
      .stdout.split('\n')
      .map((name) => [name.replace(/^\.\//, ''), name] as const)
      .filter(([path]) => isBelow(path)),
  )
  const nameOf = (path: string): string => {
    const name = names.get(path)
    if (name === undefined) throw new Error(`${archive} is damaged or incomplete: there is no ${path} in it`)
    return name
  }
  const take = (path: string, hops = 1): string => {
    const name = nameOf(path)
    // Not its owner: that is a user of another machine, who could change the file.
    if (host.run(['tar', `-x${flags}of`, file, '-C', scratch, '--', name]).status !== 0)
      throw new Error(`${archive} is damaged or incomplete: ${path} in it cannot be unpacked`)
    const unpacked = `${scratch}/${name}`
    const type = host.lstat(unpacked)?.type
    if (type === 'file') return unpacked
    const target = type === 'symlink' && hops > 0 ? linked(path, readLink(host, unpacked) ?? '') : undefined
    if (target === undefined) throw new Error(`${archive} is damaged: ${path} in it is no file`)
    return take(target, hops - 1)
  }
  return {
    archive,
    has: (path) => names.has(path),
    text(path) {
      const print = `tar -x${flags}Of "$1" -- "$2" 2>/dev/null | head -c ${maxTextBytes + 1}`
      const {stdout} = host.run(['sh', '-c', print, 'sh', file, nameOf(path)])
      if (stdout.length > maxTextBytes) throw new Error(`${archive} is damaged: ${path} in it is larger than 4 MB`)
      return stdout
    },
    withFile(path, use) {
      runOrThrow(host, ['mkdir', '-p', scratch])
      try {
        use(take(path))
      } finally {
        runOrThrow(host, ['rm', '-rf', scratch])
      }
    },
  }
}

/** Whether a member's path stays in the archive, and no program takes it for an option: archives come from anywhere. */
const isBelow = (path: string): boolean => !/^[-/]/.test(path) && !path.split('/').includes('..')

/** The member to which a symlink leads; undefined if it leads out of the archive. */
function linked(path: string, target: string): string | undefined {
  const found: string[] = []
  for (const part of `${parentOf(`/${path}`)}/${target}`.split('/').filter((each) => each !== '' && each !== '.')) {
    if (part !== '..') found.push(part)
    else if (found.pop() === undefined) return undefined
  }
  return target.startsWith('/') ? undefined : found.join('/')
}
