import type {NodeUser} from '#dsl'
import type {Node} from '../../apply/applier.ts'
import {mkdirAll} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'

/** The programs by which a user becomes root: where their files are, and what checks one. */
const programs = {
  sudo: {directory: '/etc/sudoers.d', ending: '', mode: 0o440, check: ['visudo', '-cf']},
  doas: {directory: '/etc/doas.d', ending: '.conf', mode: 0o400, check: ['doas', '-C']},
} as const

type Program = keyof typeof programs

/**
 * Writes the rules by which a user may become another, for sudo or for doas, whichever the image has.
 *
 * A file with a mistake would disable the program for everybody, so the program itself checks it first. Returns whether
 * anything has changed; throws an Error if the rules cannot be used.
 */
export function grant(node: Node, user: NodeUser): boolean {
  const {host} = node
  const sudo = (user.sudo ?? []).filter((rule) => !/^(?:false|no|off|)$/i.test(rule))
  const doas = user.doas ?? []
  const program: Program = host.list(programs.sudo.directory) === undefined ? 'doas' : 'sudo'
  const lines =
    program === 'sudo'
      ? sudo.map((rule) => `${user.name} ${rule}`)
      : [...sudo.map((rule) => toDoas(user, rule)), ...doas]
  if (lines.length === 0 && doas.length === 0) return revoke(node, user.name)
  if (host.list(programs[program].directory) === undefined)
    throw new Error('has no effect: this image has neither sudo nor doas')
  if (lines.length === 0) throw new Error('has no effect: this image has sudo, and not doas')
  const stray = program === 'doas' && doas.find((rule) => !rule.split(/\s+/).includes(user.name))
  if (stray) throw new Error('was not granted: a rule of doas does not name the user')
  const {mode, check} = programs[program]
  const path = fileOf(node, program, user.name)
  const content = lines.map((line) => `${line}\n`).join('')
  if (host.read(path) !== content) {
    mkdirAll(host, node.identity.runDir)
    const draft = `${node.identity.runDir}/rules.new`
    host.write(draft, content, {mode: 0o600})
    const {status} = host.run([...check, draft], {output: 'discard'})
    host.remove(draft)
    if (status !== 0) throw new Error(`was not granted: ${program} does not accept the rules`)
  }
  return writeIfChanged(host, path, content, {mode, owner: {uid: 0, gid: 0}, replaceLink: true})
}

/** Removes the rules of a user. Returns whether there were any. */
export function revoke(node: Node, name: string): boolean {
  const paths = (['sudo', 'doas'] as const).map((program) => fileOf(node, program, name))
  const found = paths.filter((path) => node.host.lstat(path) !== undefined)
  for (const path of found) node.host.remove(path)
  return found.length > 0
}

/** Beside those of the image, which are named for the user alone. */
const fileOf = ({identity}: Node, program: Program, name: string): string =>
  `${programs[program].directory}/${identity.name}-${name}${programs[program].ending}`

/** The rule of sudoers(5) that cloud images use, for doas.conf(5). */
function toDoas({name}: NodeUser, rule: string): string {
  const [all, nopass] = /^ALL\s*=\s*\(\s*ALL(?:\s*:\s*ALL)?\s*\)\s*(NOPASSWD:\s*)?ALL$/.exec(rule) ?? []
  if (all === undefined)
    throw new Error('was not granted: this image has doas, which knows no such rule; write it as "doas"')
  return `permit ${nopass === undefined ? '' : 'nopass '}keepenv ${name}`
}
