import type {NodeConfig} from '#dsl'
import {renderContent, renderDisk} from './disks.ts'
import type {InstallTarget} from './plan-install.ts'

/** The target of the installation and what will be lost, in lines for a person. */
export function describeTarget(target: InstallTarget): string[] {
  if (target.kind === 'partition')
    return [
      `The system is installed to ${target.partition.state.path}, next to the existing files; nothing is formatted.`,
    ]
  if (target.kind === 'takeover')
    return [`The system is installed to ${target.state.path}; everything else on it is deleted at the next boot.`]
  const {disk} = target
  return [
    `The whole disk is formatted: ${renderDisk(disk)}`,
    ...(renderContent(disk) === 'empty' ? [] : ['EVERYTHING ON IT IS LOST.']),
  ]
}

/** Warnings before the installation: that nobody could log in. */
export function summarize(config: NodeConfig): string[] {
  const {ssh_authorized_keys = [], users = [], node} = config
  const hasLogin =
    ssh_authorized_keys.length > 0 ||
    Boolean(node.password) ||
    users.some(
      (user) => (user.ssh_authorized_keys ?? user.ssh_import_id ?? []).length > 0 || user.lock_passwd === false,
    )
  return [
    ...(hasLogin
      ? []
      : ['Warning: nobody can log in to the installed system: it has neither a password nor an SSH key.']),
  ]
}
