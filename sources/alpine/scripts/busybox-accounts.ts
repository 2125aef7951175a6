import type {RootTree} from '../../root-tree.ts'
import {readText} from '../install/install-packages.ts'

/** First and last id that busybox gives to system accounts (its defaults, as Alpine builds it). */
const systemIds = [100, 999] as const
const ordinaryIds = [1000, 60_000] as const

export interface NewAccountOptions {
  /** Day of the last change of password, in days since 1970. */
  readonly epochDay: number
}

/** busybox's `addgroup`. Returns false where it would fail; scripts ignore that. */
export async function addGroup(root: RootTree, words: readonly string[]): Promise<boolean> {
  const {flags, names} = parse(words, 'g')
  const [name, group] = names
  if (name === undefined) return false
  if (group !== undefined) return addMember(root, group, name)
  const lines = await readText(root, '/etc/group')
  if (fieldOf(lines, name, 2) !== undefined) return false
  const wanted = flags.get('g')
  const taken = idsOf(lines, 2)
  const id =
    wanted === undefined ? firstFree(flags.has('S') ? systemIds : ordinaryIds, (gid) => taken.has(gid)) : Number(wanted)
  if (id === undefined || (wanted !== undefined && taken.has(id))) return false
  await append(root, '/etc/group', `${name}:x:${id}:`)
  return true
}

/** busybox's `adduser`: writes passwd, shadow, the group's members, and the home directory. */
export async function addUser(
  root: RootTree,
  words: readonly string[],
  {epochDay}: NewAccountOptions,
): Promise<boolean> {
  const {flags, names} = parse(words, 'hgsGuk')
  const [name, second] = names
  if (name === undefined) return false
  if (second !== undefined) return addMember(root, second, name)
  const [passwd, groups] = [await readText(root, '/etc/passwd'), await readText(root, '/etc/group')]
  if (fieldOf(passwd, name, 2) !== undefined) return false
  const group = flags.get('G') ?? (flags.has('S') ? 'nogroup' : undefined)
  const ofGroup = group === undefined ? undefined : fieldOf(groups, group, 2)
  if (group !== undefined && ofGroup === undefined) return false
  const [users, gids] = [idsOf(passwd, 2), idsOf(groups, 2)]
  const isTaken = (id: number) => users.has(id) || (group === undefined && gids.has(id))
  const wanted = flags.get('u')
  const uid = wanted === undefined ? firstFree(flags.has('S') ? systemIds : ordinaryIds, isTaken) : Number(wanted)
  if (uid === undefined || (wanted !== undefined && isTaken(uid))) return false
  if (group === undefined && fieldOf(groups, name, 2) !== undefined) return false
  const gid = ofGroup === undefined ? uid : Number(ofGroup)
  const home = flags.get('h') ?? `/home/${name}`
  const shell = flags.get('s') ?? fieldOf(passwd, 'root', 6) ?? '/bin/sh'
  await append(root, '/etc/passwd', `${name}:x:${uid}:${gid}:${flags.get('g') ?? 'Linux User,,,'}:${home}:${shell}`)
  await append(root, '/etc/shadow', `${name}:!:${epochDay}:0:99999:7:::`)
  if (group === undefined) await append(root, '/etc/group', `${name}:x:${gid}:`)
  else await addMember(root, group, name)
  if (!flags.has('H')) makeHome(root, home, {uid, gid})
  return true
}

/** Only the last directory of the path is created; an existing one gets the new owner. */
function makeHome(root: RootTree, home: string, owner: {readonly uid: number; readonly gid: number}): void {
  const parent = root.follow(home.replace(/\/[^/]*$/, '') || '/')
  if (parent?.entry.type !== 'directory') return
  const before = root.follow(home)
  if (before !== undefined && before.entry.type !== 'directory') return
  root.put(
    {path: before?.entry.path ?? home, type: 'directory', mode: 0o2755, ...owner},
    before && {owner: before.owner, access: before.access},
  )
}

async function addMember(root: RootTree, group: string, user: string): Promise<boolean> {
  const text = await readText(root, '/etc/group')
  const line = text.split('\n').find((item) => item.split(':')[0] === group)
  if (line === undefined) return false
  const members = line.split(':')[3] ?? ''
  if (members.split(',').includes(user)) return true
  rewrite(root, '/etc/group', text.replace(`${line}\n`, `${line}${members === '' ? '' : ','}${user}\n`))
  return true
}

/** Parses single-letter options, some of which take a value (getopt(3)), and other words, in any order. */
function parse(words: readonly string[], withValue: string): {flags: Map<string, string>; names: string[]} {
  const flags = new Map<string, string>()
  const names: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!/^-[^-]/.test(word)) {
      if (word !== '--') names.push(word)
      continue
    }
    for (let letter = 1; letter < word.length; letter++) {
      const flag = word[letter] ?? ''
      if (!withValue.includes(flag)) {
        flags.set(flag, '')
        continue
      }
      flags.set(flag, word.slice(letter + 1) || (words[++at] ?? ''))
      break
    }
  }
  return {flags, names}
}

function firstFree([first, last]: readonly [number, number], isTaken: (id: number) => boolean): number | undefined {
  for (let id = first; id <= last; id++) if (!isTaken(id)) return id
  return undefined
}

const fieldOf = (text: string, name: string, field: number): string | undefined =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name)?.[field]

const idsOf = (text: string, field: number): ReadonlySet<number> =>
  new Set(text.split('\n').flatMap((line) => (line === '' ? [] : [Number(line.split(':')[field])])))

async function append(root: RootTree, path: string, line: string): Promise<void> {
  const text = await readText(root, path)
  if (root.follow(path) !== undefined)
    rewrite(root, path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`)
}

/** Writes an account file; like busybox, it keeps the old file with a dash after its name. */
function rewrite(root: RootTree, path: string, text: string): void {
  const before = root.follow(path)?.entry
  if (before === undefined) return
  root.put({...before, path: `${path}-`})
  root.put({...before, content: {bytes: Buffer.from(text)}}, {owner: root.get(before.path)?.owner})
}
