import {HaosError, type Problem} from '#dsl'
import type {AccountFiles} from '#formats'
import type {TreeIndex} from '../tree-index.ts'
import {danglingLink} from './dangling-link.ts'
import {extraRights} from './extra-rights.ts'
import {type FinishedRoot, isProgram, type RootEntry} from './finished-root.ts'

/** What the check of a root needs in addition to its files. */
export interface RootFacts {
  readonly accounts: AccountFiles
  /** Programs that scripts in /etc/init.d name, by path of the script. */
  readonly services: TreeIndex['services']
}

/**
 * Checks a finished root before it is packed: modes of directories, symlinks that boots and logins follow, owners, setuid, shells and services.
 *
 * Each of these has caused a node on which nobody could log in. Fails with IMAGE_UNSOUND, naming each fault and the
 * package that causes it.
 */
export function checkRoot(root: FinishedRoot, facts: RootFacts): void {
  const entries = [...root.entries.values()]
  const problems = [
    ...entries.flatMap((entry) => [
      ...closedDirectory(entry),
      ...openToAll(entry),
      ...danglingLink(entry, root),
      ...unsafeRights(entry, root),
      ...foreignProgram(entry),
    ]),
    ...strangers(entries, facts.accounts),
    ...missingShells(root, facts.accounts),
    ...missingPrograms(root, facts.services),
  ]
  if (problems.length === 0) return
  throw new HaosError(
    'IMAGE_UNSOUND',
    `the finished system has ${problems.length === 1 ? 'a fault' : `${problems.length} faults`}`,
    {
      problems,
      hint: 'Remove the package, choose another version, or correct its files with a part of the recipe.',
    },
  )
}

/** Directories that every user must be able to traverse. */
const PUBLIC =
  /^\/(?:|etc|home|opt|run|srv|usr|var|(?:usr\/)?(?:bin|sbin|lib|lib32|lib64|libexec)|usr\/(?:lib\/[^/]*-linux-[^/]*|local|share)|var\/lib)$/

/** Directories below /usr that several packages share must be public, too. */
const isPublic = ({path, shared}: RootEntry): boolean => PUBLIC.test(path) || (shared && path.startsWith('/usr/'))

function closedDirectory({path, type, mode, source, ...entry}: RootEntry): Problem[] {
  if (type !== 'directory' || (mode & 0o005) === 0o005 || !isPublic({path, type, mode, source, ...entry})) return []
  return [
    {
      path,
      message: `has mode ${octal(mode)}, so that nobody but root can use what is in it (from ${source})`,
      hint: `Give it with \`directory('${path}', {mode: '0755'})\`.`,
    },
  ]
}

/**
 * A world-writable directory must be sticky, which protects the files of other users; /tmp and /var/tmp must be
 * world-writable.
 */
function openToAll({path, type, mode, source}: RootEntry): Problem[] {
  const isTemporary = path === '/tmp' || path === '/var/tmp'
  if (type === 'directory' && isTemporary && (mode & 0o7777) !== 0o1777) {
    return [
      {
        path,
        message: `has mode ${octal(mode)} instead of 1777 (from ${source})`,
        hint: `Give it with \`directory('${path}', {mode: '1777'})\`.`,
      },
    ]
  }
  const isOpen =
    (mode & 0o002) !== 0 &&
    ((type === 'file' && !path.startsWith('/var/')) || (type === 'directory' && (mode & 0o1000) === 0))
  if (!isOpen) return []
  return [
    {
      path,
      message: `has mode ${octal(mode)}, so that everybody may change it (from ${source})`,
      hint: 'Give it another mode.',
    },
  ]
}

/** A privileged program must be listed by a package, or come from the recipe: nobody has reviewed any other. */
function unsafeRights(entry: RootEntry, root: FinishedRoot): Problem[] {
  const {path, mode, gid, source} = entry
  const rights = extraRights(entry)
  if (rights === undefined) return []
  if ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0)) {
    return [
      {
        path,
        message: `runs with ${rights}, and others may change it: mode ${octal(mode)} (from ${source})`,
        hint: 'Give it a mode such as 4755.',
      },
    ]
  }
  if (!root.knowsPackages || entry.isListed) return []
  return [
    {
      path,
      message: `runs with ${rights}, and no package lists it`,
      hint: `Remove it with \`absent('${path}')\`, or add it by an overlay if it is intended.`,
    },
  ]
}

/** A program that another user than root may change. */
function foreignProgram({path, type, mode, uid, source}: RootEntry): Problem[] {
  if (type !== 'file' || uid === 0 || (mode & 0o4000) !== 0 || !isProgram(path)) return []
  return [
    {
      path,
      message: `is a program that user ${uid} owns and may change (from ${source})`,
      hint: 'Make root its owner.',
    },
  ]
}

/** Owners without an account: the first account of that number would get their files. */
function strangers(entries: readonly RootEntry[], {passwd, group}: AccountFiles): Problem[] {
  const [users, groups] = [passwd, group].map(
    (text) => new Set(text.split('\n').map((line) => Number(line.split(':')[2]))),
  )
  return entries.flatMap(({path, uid, gid, source}): Problem[] => {
    const user = uid === 0 || users?.has(uid) ? undefined : `user ${uid}`
    const stranger = user ?? (gid === 0 || groups?.has(gid) ? undefined : `group ${gid}`)
    if (stranger === undefined) return []
    return [
      {
        path,
        message: `belongs to ${stranger}, for which there is no account (from ${source})`,
        hint: 'Add the account with `user()` or `group()`, or name another owner.',
      },
    ]
  })
}

/**
 * Root, regular users, and accounts with a password or without one must have a shell; others cannot log in. nologin and
 * false count as shells.
 */
function missingShells(root: FinishedRoot, {passwd, shadow}: AccountFiles): Problem[] {
  const passwords = new Map(
    shadow.split('\n').map((line): [string, string] => [line.split(':')[0] ?? '', line.split(':')[1] ?? '']),
  )
  return passwd.split('\n').flatMap((line): Problem[] => {
    const [name = '', , uid, , , , shell = ''] = line.split(':')
    const isPerson = uid === '0' || Number(uid) >= 1000 || !/^[!*]/.test(passwords.get(name) ?? '!')
    if (name === '' || !isPerson || /\/(?:nologin|false)$/.test(shell) || root.hasProgram(shell || '/bin/sh')) return []
    return [
      {
        path: `user ${name}`,
        message: `has the shell ${shell}, which does not exist`,
        hint: 'Install the package that contains it, or give the user another `shell`.',
      },
    ]
  })
}

/** Services of a runlevel that could not start. */
function missingPrograms(root: FinishedRoot, services: RootFacts['services']): Problem[] {
  const started = [...root.entries.values()].filter(({path}) => /^\/etc\/runlevels\/[^/]+\/[^/]+$/.test(path))
  const scripts = new Set(started.flatMap(({path}) => asEntry(root.follow(path)) ?? []))
  return [...scripts].flatMap(({path, source}): Problem[] => {
    const {interpreter, command} = services[path] ?? {}
    const missing = [interpreter, command].find((program) => program !== undefined && !root.hasProgram(program))
    if (missing === undefined) return []
    return [
      {
        path: `service ${path.slice(path.lastIndexOf('/') + 1)}`,
        message: `needs ${missing}, which does not exist (script from ${source})`,
        hint: 'Install the package that contains it, or remove the service.',
      },
    ]
  })
}

const asEntry = (found: ReturnType<FinishedRoot['follow']>): RootEntry | undefined =>
  found === 'elsewhere' ? undefined : found

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0')
