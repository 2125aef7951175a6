import type {Identity} from '#dsl'
import {DiskBoot, diskBootPaths} from '#layout'
import type {Host} from '../host/host.ts'
import type {InstallSource} from './plan-install.ts'

/** Looks at the running system as something to install. Throws when a part of it is missing. */
export function readSource(host: Host, identity: Identity): InstallSource {
  const {systemDir, name, kubernetes} = identity
  const paths = diskBootPaths(identity)
  const current = (part: string): string | undefined =>
    host.run(['readlink', `${systemDir}/${part}/current`]).stdout.trim() || undefined
  const [version, kernelVersion] = [current(name), current('kernel')]
  if (version === undefined || kernelVersion === undefined)
    throw new Error(
      `${systemDir} holds no complete system: there is no ${version === undefined ? name : 'kernel'}/current`,
    )
  const settings = host.read(paths.settings)
  if (settings === undefined) throw new Error(`${paths.settings} is not there: the image cannot be installed`)
  return {
    systemDir,
    version,
    kernelVersion,
    kubernetesVersion: current(kubernetes),
    boot: DiskBoot.parse(JSON.parse(settings)),
    hasBiosLoader: host.lstat(paths.coreImage) !== undefined,
    efiLoader: host.list(paths.efiDirectory)?.[0],
  }
}

/** Parameters for the consoles of the installed system: those of the running one, the wanted terminal last, as /dev/console. */
export function consolesOf(cmdline: string, tty: string | undefined): string[] {
  const running = cmdline.split(/\s+/).filter((word) => word.startsWith('console='))
  if (tty === undefined || tty === '' || tty === 'auto') return running
  const name = tty.replace(/^\/dev\//, '')
  const wanted = running.find((word) => word.split(/[=,]/)[1] === name)
  const speed = /^tty(?:S|AMA|USB)\d+$/.test(name) ? ',115200' : ''
  return [...running.filter((word) => word !== wanted), wanted ?? `console=${name}${name.includes(',') ? '' : speed}`]
}
