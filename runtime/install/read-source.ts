import type {Identity} from '#dsl'
import {DiskBoot, diskBootPaths, grubCore, systemPaths} from '#layout'
import type {Host} from '../host/host.ts'
import type {InstallSource} from './plan-install.ts'

/** Reads what the running system has to install. Throws if a part of it is missing. */
export function readSource(host: Host, identity: Identity): InstallSource {
  const {systemDir} = identity
  const {own, kernel, kubernetes} = systemPaths(identity)
  const paths = diskBootPaths(identity)
  const readLink = (path: string): string | undefined => host.run(['readlink', path]).stdout.trim() || undefined
  const [version, kernelVersion, kubernetesVersion] = [own, kernel, kubernetes].map(({current}) => readLink(current))
  if (version === undefined || kernelVersion === undefined)
    throw new Error(
      `${systemDir} holds no complete system: there is no ${version === undefined ? own.current : kernel.current}`,
    )
  const settings = host.read(paths.settings)
  if (settings === undefined) throw new Error(`${paths.settings} does not exist: the image cannot be installed`)
  const core = host.lstat(paths.coreImage)
  const directories = [
    own.of(version),
    kernel.of(kernelVersion),
    ...(kubernetesVersion === undefined ? [] : [kubernetes.of(kubernetesVersion)]),
  ]
  return {
    systemDir,
    version,
    kernelVersion,
    kubernetesVersion,
    sizeBytes: sizeOf(host, directories),
    boot: DiskBoot.parse(JSON.parse(settings)),
    hasBiosLoader: core !== undefined,
    coreBytes: core === undefined ? 0 : grubCore.bytesOf(core.sizeBytes),
    efiLoader: host.list(paths.efiDirectory)?.[0],
  }
}

/** Total size of directories, as du(1) counts it. */
function sizeOf(host: Host, directories: readonly string[]): number {
  const {stdout} = host.run(['du', '-sk', ...directories])
  return [...stdout.matchAll(/^(\d+)\s/gm)].reduce((sum, [, size]) => sum + Number(size) * 1024, 0)
}

/**
 * Parameters for the consoles of the installed system: those of the running one, the wanted terminal last, as /dev/console.
 *
 * Throws if the terminal is invalid: text after a blank would be another kernel parameter.
 */
export function consolesOf(cmdline: string, tty: string | undefined): string[] {
  const running = cmdline.split(/\s+/).filter((word) => word.startsWith('console='))
  if (tty === undefined || tty === '' || tty === 'auto') return running
  const name = tty.replace(/^\/dev\//, '')
  if (!/^[A-Za-z][\w/.-]*(?:,\w+)*$/.test(name))
    throw new Error(`install.tty: ${JSON.stringify(tty)} is not a terminal: write one such as ttyS0 or ttyS0,115200`)
  const wanted = running.find((word) => word.split(/[=,]/)[1] === name)
  const speed = /^tty(?:S|AMA|USB)\d+$/.test(name) ? ',115200' : ''
  return [...running.filter((word) => word !== wanted), wanted ?? `console=${name}${name.includes(',') ? '' : speed}`]
}
