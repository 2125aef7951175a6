import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Problem} from '#dsl'
import {runTool, type Toolbox} from '#engine'
import {readTree} from '#formats'
import {tarAttributeList, tarAttributes} from '#tools'

/** Extended attributes by path from the directory, such as `/usr/bin/ping`, and problems with them. */
export interface FoundAttributes {
  readonly attributes: ReadonlyMap<string, Readonly<Record<string, Uint8Array>>>
  readonly problems: readonly Problem[]
}

/**
 * Reads the extended attributes below a directory of the build machine, or of one file in it, that an image keeps:
 * capabilities and `user.*`.
 *
 * Labels of SELinux, IMA and the like belong to the build machine, and are dropped. Other attributes are problems:
 * squashfs cannot store access control lists, and only root sees `trusted.*`, so that another user would build another
 * image.
 */
export async function readAttributes(
  directory: string,
  {name = '', toolbox}: {readonly name?: string; readonly toolbox: Toolbox},
): Promise<FoundAttributes> {
  const scratch = await mkdtemp(join(tmpdir(), 'haos-overlay-'))
  try {
    const options = {
      toolbox,
      scratch,
      log: join(scratch, 'log'),
      epoch: 0,
      signal: new AbortController().signal,
    }
    const listed = parseList(await runTool(tarAttributeList, {directory, name: `./${name}`}, options))
    const problems = [...listed].flatMap(([path, names]) =>
      names.filter((name) => !isKept(name) && !isOfMachine(name)).map((name) => refusedAttribute(path, name)),
    )
    const paths = [...listed].flatMap(([path, names]) => (names.some(isKept) ? [path] : []))
    const attributes = new Map<string, Readonly<Record<string, Uint8Array>>>()
    if (paths.length === 0) return {attributes, problems}
    const [list, output] = [join(scratch, 'list'), join(scratch, 'tar')]
    await writeFile(list, paths.map((path) => `.${path}\0`).join(''))
    await runTool(tarAttributes, {directory, list, output}, options)
    for await (const {path, xattrs = {}} of readTree(output))
      attributes.set(path, Object.fromEntries(Object.entries(xattrs).filter(([name]) => isKept(name))))
    return {attributes, problems}
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

const isKept = (name: string): boolean => name === 'security.capability' || name.startsWith('user.')

const isOfMachine = (name: string): boolean => /^security\.(?!capability$)/.test(name)

const refusedAttribute = (path: string, name: string): Problem =>
  name.startsWith('system.posix_acl')
    ? {
        path,
        message: 'has an access control list, which an image cannot contain',
        hint: 'Remove it with `setfacl --remove-all`, and give the file an owner and a mode.',
      }
    : {
        path,
        message: `has the attribute ${name}, which an image cannot contain`,
        hint: 'Remove it with `setfattr --remove`: overlays keep only security.capability and user.*.',
      }

/** Names of attributes by path. A line of a path begins with its permissions, one of an attribute with spaces. */
function parseList(printed: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let path = ''
  for (const line of printed.split('\n')) {
    const [, name] = /^ {2}x: \d+ (.+)$/.exec(line) ?? []
    if (name !== undefined) found.set(path, [...(found.get(path) ?? []), name])
    else path = pathOf(line)
  }
  return found
}

/** The path follows permissions, owner, size, date and time; the target of a symlink follows the path. */
function pathOf(line: string): string {
  const [, escaped = '.'] = /^\S+ +\S+ +\S+ \S+ \S+ \.(.*)$/.exec(line) ?? []
  const path = unescapeName(line.startsWith('l') ? (escaped.split(' -> ')[0] ?? '') : escaped)
  return path.replace(/(?<=.)\/$/, '')
}

const letters: Readonly<Record<string, string>> = {a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v'}

/** Decodes `--quoting-style=escape` (GNU tar manual, "Quoting Member Names"): including bytes of UTF-8 in octal. */
function unescapeName(text: string): string {
  const bytes = text.replaceAll(/\\(?:([0-7]{3})|(.))/g, (_, octal?: string, letter = '') =>
    octal === undefined ? (letters[letter] ?? letter) : String.fromCharCode(Number.parseInt(octal, 8)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}
