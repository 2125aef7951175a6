import type {ImageSpec} from '#dsl'
import {artifactNames, type NamedImage} from '#image'

/** The warning for a finished system that nobody can log in to: an installed one has neither an installer nor a live user. */
export function loginWarning(image: NamedImage, end: string, kind?: string): string[] {
  if (canLogIn(image.spec)) return []
  const {section} = image.spec.identity
  return [
    `${artifactNames(image, end, kind).name}: nobody can log in, because config has no key, no password and no data source; ` +
      `give it ssh_authorized_keys, ${section}.password or ${section}.data_sources, or change the file with \`haos-build remaster --config\``,
  ]
}

/** Whether there is a way to log in. Commands and files in the config count, because they may provide one. */
function canLogIn({config, identity, boot, parts}: ImageSpec): boolean {
  const {section, cmdlinePrefix} = identity
  const own = config[section]
  const isGiven = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== '')
  const member = (key: string) => (typeof own === 'object' && own !== null ? Reflect.get(own, key) : undefined)
  const words = [...boot.cmdline, ...parts.flatMap((part) => (part.kind === 'kernel-argument' ? part.arguments : []))]
  const argument = new RegExp(
    `^(?:ssh_authorized_keys|${cmdlinePrefix.replace('.', '\\.')}(?:password|data_sources))[=[]`,
  )
  return (
    isGiven(config['ssh_authorized_keys']) ||
    isGiven(config['users']) ||
    isGiven(config['write_files']) ||
    isGiven(member('password')) ||
    isGiven(member('data_sources')) ||
    words.some((word) => argument.test(word)) ||
    parts.some(
      (part) =>
        (part.kind === 'user' && (part.password !== 'locked' || (part.sshKeys ?? []).length > 0)) ||
        (part.kind === 'node' && /\/authorized_keys(?:\.d\/[^/]+)?$/.test(part.node.path)),
    )
  )
}
