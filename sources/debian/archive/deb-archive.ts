import {join} from 'node:path'
import type {DebArchive} from './broken-deb.ts'
import {type ControlFiles, readControl} from './read-control.ts'
import {type DebMember, readDeb} from './read-deb.ts'
import {type UnpackContext, unpackMembers} from './unpack-members.ts'

/** An unpacked archive. */
export interface DebTars {
  readonly archive: DebArchive
  /** Host paths of its tar files. */
  readonly control: string
  readonly data: string
  readonly controlFiles: ControlFiles
}

export interface UnpackOptions extends UnpackContext {
  /** Directory for the tar files. */
  readonly scratch: string
}

/** Maximum size of scripts and lists; the longest are the checksums of packages with some hundred thousand files. */
const MAX_CONTROL_BYTES = 64 << 20
/** Debian's largest package unpacks to 3 GB. */
const MAX_DATA_BYTES = 8 * 1024 ** 3
/** Allowance for headers and padding, and for small packages that state too small a size. */
const SPARE_BYTES = 64 << 20

/** Unpacks .deb archives (deb(5)) to their tar files. Fails with PACKAGE_INVALID, naming the package. */
export async function unpackDebs(archives: readonly DebArchive[], options: UnpackOptions): Promise<DebTars[]> {
  const {scratch} = options
  const found = archives.map((archive, index) => ({
    archive,
    members: readDeb(archive),
    control: join(scratch, `${index}.control.tar`),
    data: join(scratch, `${index}.data.tar`),
  }))
  const controls = found.map(({archive, members, control}) => ({
    archive,
    member: members.control,
    output: control,
    limitBytes: MAX_CONTROL_BYTES,
  }))
  await unpackMembers(controls, options)
  const tars: DebTars[] = []
  for (const {archive, control, data} of found)
    tars.push({archive, control, data, controlFiles: await readControl(control, archive)})
  const datas = found.map(({archive, members, data}, index) => ({
    archive,
    member: members.data,
    output: data,
    limitBytes: dataLimit(members.data, tars[index]?.controlFiles.fields.get('installed-size')),
  }))
  await unpackMembers(datas, options)
  return tars
}

/**
 * Maximum size of a package's files: twice its `Installed-Size` (in KiB, deb-substvars(5)), or what the best compression
 * of programs and texts allows. Packages that were not built with Debian's tools often state no size.
 */
function dataLimit({sizeBytes}: DebMember, installedSize = ''): number {
  const said = /^\d{1,12}$/.test(installedSize) ? Number(installedSize) * 1024 : 0
  return Math.min(MAX_DATA_BYTES, SPARE_BYTES + Math.max(2 * said, 100 * sizeBytes))
}
