import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {open, readFile, stat, writeFile} from 'node:fs/promises'
import {pipeline} from 'node:stream/promises'
import {promisify} from 'node:util'
import {createGunzip, gunzip} from 'node:zlib'
import {HaosError} from '#dsl'
import {readTarMembers} from '#formats'
import {refuseAdb} from '../index/read-index.ts'
import {DataScanner, type PackagedEntry} from './data-scanner.ts'
import {damagedArchive, readGzipMember} from './gzip-member.ts'
import {type PackageInfo, parsePackageInfo} from './package-info.ts'

/** Scripts in the order of apk's database. */
export const scriptKinds = [
  'pre-install',
  'post-install',
  'pre-deinstall',
  'post-deinstall',
  'pre-upgrade',
  'post-upgrade',
  'trigger',
] as const
export type ScriptKind = (typeof scriptKinds)[number]

/** A parsed and verified package. File contents refer to the unpacked data. */
export interface ApkPackage {
  readonly info: PackageInfo
  /** Name and version, as apk writes them in its messages. */
  readonly label: string
  /** SHA-1 of the packed control segment, by which apk identifies a package, as `C:` of an index. */
  readonly checksum: string
  readonly sizeBytes: number
  readonly scripts: ReadonlyMap<ScriptKind, Buffer>
  readonly entries: readonly PackagedEntry[]
}

/** A package as listed in an index. */
export interface IndexedPackage {
  readonly name: string
  readonly version: string
  /** `C:`: `Q1` and SHA-1, or `Q2` and SHA-256, in base64. */
  readonly checksum: string
  /** `S:` in bytes. */
  readonly sizeBytes: number
}

export interface UnpackApkOptions {
  /** Name of the package in messages. */
  readonly origin: string
  /** Host path for the unpacked data. Default: it is only checked. */
  readonly dataPath?: string | undefined
  /** The package's entry in the index. Default: the package is trusted as given. */
  readonly expected?: IndexedPackage | undefined
  /** Its name in the lock file, as `name-version`. */
  readonly lockedAs?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Maximum of signature and control segment: scripts and a few lines. Alpine's largest are some ten kilobytes. */
const MAX_HEAD_BYTES = 4 << 20
/** Alpine's largest package unpacks to 1.5 GB. */
const MAX_DATA_BYTES = 8 * 1024 ** 3
/** Packages up to this size are unpacked in memory, if they unpack to at most the second. */
const MAX_WHOLE_BYTES = 16 << 20
const MAX_WHOLE_LIMIT = 160 << 20

/**
 * Parses an apk 2 package file: gzip members with signatures, control files and data, one after another.
 *
 * The chain of trust leads from the index (whose signature was checked) through its `C:` to the control segment, and from
 * there through `datahash` to the data. As in apk, the package's own signature is not needed. Fails with DIGEST_MISMATCH or
 * PACKAGE_INVALID, which name the package and the expected and actual values.
 */
export async function unpackApk(path: string, options: UnpackApkOptions): Promise<ApkPackage> {
  const {origin, expected, lockedAs, dataPath = '', signal} = options
  await using file = await open(path)
  const {size: sizeBytes} = await file.stat()
  const head = Buffer.alloc(Math.min(sizeBytes, MAX_HEAD_BYTES))
  await file.read(head, 0, head.length, 0)
  refuseAdb(head, origin)
  if (expected && expected.sizeBytes !== sizeBytes)
    throw mismatch(origin, {what: 'size', wanted: `${expected.sizeBytes} bytes`, found: `${sizeBytes} bytes`})
  const {control, end} = controlOf(head, origin)
  const checksum = checksumOf(head.subarray(control.start, control.end), expected?.checksum.slice(0, 2))
  if (expected && checksum !== expected.checksum)
    throw mismatch(origin, {what: 'control segment', wanted: expected.checksum, found: checksum})
  const members = readTarMembers(control.content, (problem) => damagedArchive(origin, problem))
  const text = members.find(({name}) => name === '.PKGINFO')?.content.toString()
  if (text === undefined) throw damagedArchive(origin, 'it has no .PKGINFO')
  const info = parsePackageInfo(text, origin)
  const label = `${info.name}-${info.version}`
  const wanted = expected ? `${expected.name}-${expected.version}` : lockedAs
  if (wanted !== undefined && label !== wanted) throw mismatch(origin, {what: 'package', wanted, found: label})
  // A small package has been read completely.
  const packed = sizeBytes === head.length ? head.subarray(end) : undefined
  const entries = await scanData(path, end, {info, origin, dataPath, signal, packed})
  const scripts = scriptKinds.flatMap((kind): [ScriptKind, Buffer][] => {
    const found = members.find(({name}) => name === `.${kind}`)
    return found ? [[kind, found.content]] : []
  })
  return {
    info,
    label,
    checksum: checksumOf(head.subarray(control.start, control.end), 'Q1'),
    sizeBytes,
    scripts: new Map(scripts),
    entries,
  }
}

/** The control segment, after any signatures. */
function controlOf(head: Buffer, origin: string) {
  let at = 0
  // At most one segment of signatures; a second one instead of the control segment is an attack.
  for (let segment = 0; segment < 2; segment++) {
    const member = readGzipMember(head, at, {origin, maxBytes: MAX_HEAD_BYTES})
    const [first] = readTarMembers(member.content, (problem) => damagedArchive(origin, problem))
    if (first?.name.startsWith('.SIGN.') !== true) return {control: member, end: member.end}
    at = member.end
  }
  throw damagedArchive(origin, 'it has no control segment')
}

interface DataOptions {
  readonly info: PackageInfo
  readonly origin: string
  readonly dataPath: string
  readonly signal: AbortSignal | undefined
  /** The packed data, if it was already read. */
  readonly packed: Buffer | undefined
}

async function scanData(path: string, start: number, options: DataOptions): Promise<readonly PackagedEntry[]> {
  const {info, origin, dataPath, signal} = options
  const scanner = new DataScanner({origin, hostPath: dataPath})
  // A package states its installed size; headers and padding come on top of that.
  const limit = Math.min(MAX_DATA_BYTES, 2 * info.installedBytes + (64 << 20))
  const tooLarge = () =>
    damagedArchive(origin, `it unpacks to more than ${limit} bytes, and states ${info.installedBytes}`)
  try {
    const size = options.packed === undefined ? (await stat(path)).size : 0
    // For a small package, streams cost several times as much as unpacking.
    if (size <= MAX_WHOLE_BYTES && limit <= MAX_WHOLE_LIMIT) {
      const packed = options.packed ?? (await readFile(path)).subarray(start)
      checkHash(Buffer.from(await crypto.subtle.digest('SHA-256', packed)).toString('hex'), options)
      const data = await unzip(packed, {maxOutputLength: limit, chunkSize: unpackedBytes(packed, limit)})
      scanner.push(data)
      if (dataPath !== '') await writeFile(dataPath, data, {flag: 'wx'})
    } else {
      await using output = dataPath === '' ? undefined : await open(dataPath, 'wx')
      let unpacked = 0
      await checkData(path, start, options)
      await pipeline(
        createReadStream(path, {start, highWaterMark: 1 << 18}),
        createGunzip({chunkSize: 1 << 18}),
        async (pieces: AsyncIterable<Buffer>) => {
          for await (const piece of pieces) {
            unpacked += piece.length
            if (unpacked > limit) throw tooLarge()
            scanner.push(piece)
            if (output) await output.writeFile(piece)
          }
        },
        {signal},
      )
    }
    scanner.finish()
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof HaosError || (error instanceof Error && 'syscall' in error)) throw error
    if (error instanceof RangeError) throw tooLarge()
    throw damagedArchive(origin, error instanceof Error ? error.message : String(error))
  }
  return scanner.entries
}

/** Runs in libuv's thread pool, so that concurrent calls use all processors. */
const unzip = promisify(gunzip)

/** The stated size (ISIZE of RFC 1952), within limits: with a buffer of that size it is unpacked in one piece. */
const unpackedBytes = (packed: Buffer, limit: number): number =>
  Math.max(1 << 16, Math.min(packed.length < 4 ? 0 : packed.readUInt32LE(packed.length - 4), limit))

async function checkData(path: string, start: number, about: {info: PackageInfo; origin: string}): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, {start}), hash)
  checkHash(hash.digest('hex'), about)
}

function checkHash(found: string, {info, origin}: {info: PackageInfo; origin: string}): void {
  if (info.dataHash === undefined) throw damagedArchive(origin, 'it does not state the digest of its data (datahash)')
  if (found !== info.dataHash) throw mismatch(origin, {what: 'data', wanted: info.dataHash, found})
}

function checksumOf(bytes: Buffer, kind = 'Q1'): string {
  const algorithm = kind === 'Q2' ? 'sha256' : 'sha1'
  return `${kind === 'Q2' ? 'Q2' : 'Q1'}${createHash(algorithm).update(bytes).digest('base64')}`
}

const mismatch = (
  origin: string,
  {what, wanted, found}: {readonly what: string; readonly wanted: string; readonly found: string},
): HaosError =>
  new HaosError(
    'DIGEST_MISMATCH',
    `${origin} is not the package of the index: its ${what} is ${found} instead of ${wanted}`,
    {
      at: origin,
      hint: 'Fetch it again; if the error persists, the repository is being changed or cannot be trusted.',
    },
  )
