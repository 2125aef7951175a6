import type {NodeConfig} from '#dsl'
import {renderContent, renderDisk} from './disks.ts'
import type {InstallPlace} from './plan-install.ts'

/** Where the system goes and what is lost by that, in lines for a person. */
export function describePlace(place: InstallPlace): string[] {
  if (place.kind === 'partition')
    return [`The system is put onto ${place.partition.state.path}, beside what is there; nothing is formatted.`]
  if (place.kind === 'takeover')
    return [`The system is put onto ${place.state.path}; everything else on it is deleted at the next boot.`]
  const {disk} = place
  return [
    `The whole disk is formatted: ${renderDisk(disk)}`,
    ...(renderContent(disk) === 'empty' ? [] : ['EVERYTHING ON IT IS LOST.']),
  ]
}

/** What one should know before: nobody could log in. */
export function summarize(config: NodeConfig): string[] {
  const hasLogin = (config.ssh_authorized_keys ?? []).length > 0 || Boolean(config.node.password)
  return [
    ...(hasLogin
      ? []
      : ['Warning: nobody can log in to the installed system: it has neither a password nor an SSH key.']),
  ]
}
