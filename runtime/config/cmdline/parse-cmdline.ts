import type {Raw, RawEntry, RawMap, RawText} from '../raw.ts'
import {splitCmdline} from './split-cmdline.ts'

/**
 * Reads a kernel command line as the map that its dotted keys describe.
 *
 * `a.b=1` sets `b` of `a`; `a[b.c]=1` and `a["b.c"]=1` set `b.c` of `a`; `a` alone is a flag; a repeated key has a
 * list. Only keys that begin with a wanted word are read: the others belong to the kernel and to other programs.
 */
export function parseCmdline(
  line: string,
  isWanted: (word: string) => boolean,
  isTopLevel: (section: string, key: string) => boolean = () => false,
): RawMap {
  const root: Branch = {texts: [], parts: new Map()}
  for (const item of splitCmdline(line)) {
    const {path, value} = parseItem(item)
    if (!isWanted(path[0] ?? '')) continue
    // Top-level keys may have the product's name as a prefix here, to set them apart from the kernel's:
    // `haos.hostname=x`.
    if (path.length > 1 && isTopLevel(path[0] ?? '', path[1] ?? '')) path.shift()
    if (path.length > maxLevels) path.splice(maxLevels, path.length, path.slice(maxLevels).join('.'))
    let branch = root
    // Names of sections are case-insensitive; for the keys in them, the schema decides later.
    for (const [index, key] of path.entries()) branch = branchAt(branch, index === 0 ? key.toLowerCase() : key)
    branch.texts.push(value)
  }
  return rawMap(root)
}

/** Deeper than any key, and shallow enough for recursion over the tree. */
const maxLevels = 32

interface Branch {
  readonly texts: RawText[]
  readonly parts: Map<string, Branch>
}

function branchAt({parts}: Branch, key: string): Branch {
  const branch = parts.get(key) ?? {texts: [], parts: new Map()}
  // A repeated key moves to the end: of two spellings, the last one counts.
  parts.delete(key)
  parts.set(key, branch)
  return branch
}

function parseItem(item: string): {readonly path: string[]; readonly value: RawText} {
  const bracket = /^([^=[]*)\[([^\]]*)\](?:\.([^=]*))?(?:=([\s\S]*))?$/.exec(unquoted(item))
  if (bracket) {
    const [, before = '', inside = '', after, value] = bracket
    return {path: [...before.split('.'), unquoted(inside), ...(after?.split('.') ?? [])], value: textOf(value)}
  }
  const equals = item.indexOf('=')
  const key = unquoted(equals < 0 ? item : item.slice(0, equals))
  return {path: key.split('.'), value: textOf(equals < 0 ? undefined : item.slice(equals + 1))}
}

const textOf = (value: string | undefined): RawText =>
  value === undefined ? {kind: 'text', text: 'true', bare: true} : {kind: 'text', text: unquoted(value)}

const unquoted = (text: string): string => text.replace(/^"+|"+$/g, '')

const rawMap = ({parts}: Branch): RawMap => ({
  kind: 'map',
  entries: [...parts].flatMap(([key, branch]) => valuesOf(branch).map((value): RawEntry => ({key, value}))),
})

/** One value for a key, or two if it is used both alone and with a subkey. */
function valuesOf(branch: Branch): readonly Raw[] {
  const [first, ...more] = branch.texts
  return [
    ...(first === undefined ? [] : [more.length === 0 ? first : rawList(branch.texts)]),
    ...(branch.parts.size === 0 ? [] : [rawMap(branch)]),
  ]
}

const rawList = (items: readonly RawText[]): Raw => ({kind: 'list', items, repeated: true})
