import {chainTo, type WantedPackage} from '#image'

/** Whether the service manager of systemd is among packages. */
export const hasSystemd = (packages: readonly {readonly name: string}[]): boolean =>
  packages.some(({name}) => name === 'systemd')

/** Says who wants systemd: nodes run OpenRC, and what is a service of systemd alone does not start there. */
export function systemdNote(packages: readonly WantedPackage[]): string {
  const chain = chainTo('systemd', packages) ?? ['systemd']
  return (
    `${chain[0]} brings systemd (${chain.join(' → ')}), and nodes are started by OpenRC: ` +
    'what is a service of systemd alone will not run'
  )
}
