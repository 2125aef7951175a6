import {deriveIdentity} from '#dsl'
import {diskBootPaths} from '#layout'
import {runCommand} from '../../runtime/cli/command-line.ts'
import type {FetchResult} from '../../runtime/host/host.ts'
import {MemoryHost, type MemoryHostOptions} from '../../runtime/host/memory.ts'
import type {Disk} from '../../runtime/install/disks.ts'
import {encodeUtf8} from '../../runtime/text/utf8.ts'

export const identity = deriveIdentity('haos')

interface InstallNodeOptions extends Pick<MemoryHostOptions, 'sha256'> {
  readonly disks: readonly Disk[]
  /** Boot mode of the running system. Default: `live`. */
  readonly mode?: string
  readonly config?: string
  readonly cmdline?: string
  /** Symlinks below /dev that udev has made, by device. */
  readonly links?: Readonly<Record<string, string>>
  readonly web?: Readonly<Record<string, string>>
  /** Typed lines. Default: there is no terminal. */
  readonly answers?: readonly string[]
}

/** A live system in memory, booted from its medium, on which the installer can be called. Programs are recorded and have no effect. */
export function installNode({
  disks,
  mode = 'live',
  config = '',
  cmdline = '',
  web = {},
  links: made = {},
  answers,
  ...digests
}: InstallNodeOptions) {
  const host = new MemoryHost({
    ...digests,
    run(argv) {
      if (argv[0] === 'lsblk') return {status: 0, stdout: JSON.stringify(listing(disks))}
      if (argv[0] === 'readlink') return {status: 0, stdout: `${links[argv.at(-1) ?? ''] ?? argv.at(-1)}\n`}
      if (argv[0] === 'udevadm' && argv[1] === 'info')
        return {status: 0, stdout: `${made[argv.at(-1)?.replace('--name=', '') ?? ''] ?? ''}\n`}
      const [, of] = argv.map((word) => /^of=(\/run\/.*)$/.exec(word)).find((found) => found !== null) ?? []
      if (of !== undefined) host.put(of, {content: new Uint8Array(4096)})
      const [program, , from = '', to = ''] = argv.slice(4)
      if (program === 'mv' && host.lstat(from)) {
        host.put(to, {content: host.readBytes(from) ?? '', mode: host.lstat(from)?.mode ?? 0})
        host.remove(from)
      }
      return {status: 0, stdout: ''}
    },
    fetch: (url): FetchResult =>
      web[url] === undefined
        ? {status: 0, body: new Uint8Array(), error: 'no route to host'}
        : {status: 200, body: encodeUtf8(web[url])},
  })
  const links: Record<string, string> = {
    '/haos/system/haos/current': '1.2.3',
    '/haos/system/kernel/current': '6.12.0',
    '/haos/system/k3s/current': '',
  }
  const paths = diskBootPaths(identity)
  host.put(`${identity.runDir}/mode`, {content: `${mode}\n`})
  host.put('/proc/cmdline', {content: cmdline})
  host.put('/haos/system/config.yaml', {content: config})
  host.put(paths.settings, {content: '{"cmdline": ["console=tty1", "norandmaps"], "timeoutSeconds": 5}'})
  host.put(paths.bootImage, {content: new Uint8Array(512)})
  host.put(paths.coreImage, {content: new Uint8Array(41_000)})
  host.put(`${paths.efiDirectory}/BOOTX64.EFI`, {content: 'loader'})
  for (const path of ['/run/install/state/haos/system', '/run/install/state/boot/grub'])
    host.put(path, {type: 'directory', mode: 0o755})
  const printed: string[] = []
  const errors: string[] = []
  const typed = [...(answers ?? [])]
  const install = (...flags: string[]) =>
    runCommand(['install', ...flags], {
      host,
      identity,
      version: '1.2.3',
      print: (line) => printed.push(line),
      printError: (line) => errors.push(line),
      readLine:
        answers &&
        ((question) => {
          printed.push(question)
          return typed.shift()
        }),
    })
  /** Programs that could have changed something, as command lines. */
  const changes = () =>
    host.commands
      .map(({argv}) => (argv[0] === 'sh' && argv[2] === 'exec "$@" 2>&1' ? argv.slice(4) : argv))
      .filter(([program = '']) => !['lsblk', 'readlink', 'udevadm', 'stty', 'du'].includes(program))
      .map((argv) => argv.join(' '))
  return {host, install, changes, printed, errors, left: typed}
}

/** Disks as lsblk prints them. */
export const listing = (disks: readonly Disk[]) => ({
  blockdevices: disks.flatMap((disk) => [
    {
      path: disk.path,
      type: disk.virtual ? 'loop' : 'disk',
      size: disk.sizeBytes,
      'log-sec': disk.sectorBytes,
      ro: disk.readOnly,
      model: disk.model ?? null,
      serial: disk.serial ?? null,
      'id-link': null,
      pttype: disk.table ?? null,
      mountpoints: disk.usedBy,
    },
    ...disk.partitions.map((partition) => ({
      path: partition.path,
      pkname: disk.path,
      type: 'part',
      size: partition.sizeBytes,
      start: partition.startBytes / 512,
      partn: partition.number,
      'log-sec': disk.sectorBytes,
      ro: false,
      fstype: partition.fileSystem ?? null,
      label: partition.label ?? null,
      parttype: partition.type ?? null,
      mountpoints: [null],
    })),
  ]),
})
