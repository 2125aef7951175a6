import {createHash} from 'node:crypto'
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {$} from 'zx'
import {encodeCpio, type TreeEntry} from '#formats'
import {Release} from '../../layout/release.ts'

/** The unpacked release that a test breaks. */
export interface UnpackedRelease {
  /** Directory of its kernel and initrd. */
  readonly kernel: string
  /** Directory of its layers. */
  readonly own: string
}

export interface BreakReleaseOptions {
  /** Name that the broken release gets. */
  readonly version: string
  /** Changes the files, before they are described again: an upgrade finds nothing wrong with them. */
  readonly change: (release: UnpackedRelease) => void | Promise<void>
}

/** Makes a disk with a changed copy of the release on an ISO, and gives its path. */
export async function breakRelease(iso: string, scratch: string, options: BreakReleaseOptions): Promise<string> {
  const {version, change} = options
  const run = $({quiet: true})
  const directory = mkdtempSync(join(scratch, 'release-'))
  await run`xorriso -osirrox on -indev ${iso} -extract /haos/system ${directory}/haos/system`
  await run`chmod -R u+w ${directory}`
  const system = join(directory, 'haos/system')
  const path = join(system, 'haos/current/release.json')
  const release = Release.parse(JSON.parse(readFileSync(path, 'utf8')))
  const renamed = (file: string) => file.replace(`haos/${release.version}/`, `haos/${version}/`)
  renameSync(join(system, 'haos', release.version), join(system, 'haos', version))
  await run`ln -sfn ${version} ${join(system, 'haos/current')}`
  await change({kernel: join(system, 'kernel', release.kernel), own: join(system, 'haos', version)})
  const files = release.files.map(({path: file}) => {
    const at = join(system, renamed(file))
    return {
      path: renamed(file),
      sizeBytes: statSync(at).size,
      sha256: createHash('sha256').update(readFileSync(at)).digest('hex'),
    }
  })
  writeFileSync(join(system, 'haos', version, 'release.json'), JSON.stringify({...release, version, files}))
  const disk = join(scratch, `${version}.ext4`)
  await run`mke2fs -q -t ext4 -d ${directory} ${disk} 300M`
  rmSync(directory, {recursive: true})
  return disk
}

/** Puts another first program into an initramfs: of several archives, the last one counts. */
export async function replaceInit(initrd: string, init: string): Promise<void> {
  // The kernel expects the next archive at a multiple of four.
  truncateSync(initrd, Math.ceil(statSync(initrd).size / 4) * 4)
  const entry: TreeEntry = {
    path: '/init',
    type: 'file',
    mode: 0o755,
    uid: 0,
    gid: 0,
    content: {bytes: Buffer.from(init)},
  }
  for await (const chunk of encodeCpio([entry], {epoch: 0})) appendFileSync(initrd, chunk)
}
