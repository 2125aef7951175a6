import {chainTo, type WantedPackage} from '#image'

/** Whether the packages include systemd's service manager. */
export const hasSystemd = (packages: readonly {readonly name: string}[]): boolean =>
  packages.some(({name}) => name === 'systemd')

/** Explains which package requires systemd: nodes run OpenRC, and services that exist only for systemd do not start there. */
export function systemdNote(packages: readonly WantedPackage[]): string {
  const chain = chainTo('systemd', packages) ?? ['systemd']
  return (
    `${chain[0]} requires systemd (${chain.join(' → ')}), but nodes start with OpenRC: ` +
    'services that exist only for systemd will not run'
  )
}
