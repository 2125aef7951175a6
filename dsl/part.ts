import type * as z from 'zod'
import type {Problem} from './error.ts'
import {type Download, type Part, type PartInput, PlainPart, type Runlevel} from './part-schemas.ts'
import {plainWords} from './plain-words.ts'
import {problemsOf, renderPath} from './problems.ts'
import type {FileMode} from './schema.ts'

/** The result of a recipe: its parts, and its name, so that problems can name their origin. */
export interface RecipeParts {
  readonly recipe: string
  readonly parts: readonly PartList[]
  /** Problems in the recipe's options. */
  readonly problems?: readonly Problem[]
}

/** Parts as written: single ones, lists, and results of recipes. */
export type PartList = PartInput | RecipeParts | readonly PartList[]

/** Installs packages of the base's distribution, with their dependencies. */
export const packages = (...names: readonly string[]): PartInput => ({kind: 'packages', names: [...names]})

interface Placement {
  /** `user:group`, by name. Default: `root:root`. */
  readonly owner?: string
  /** Replace this path of an earlier part or a package. Default: false, and a conflict is an error. */
  readonly replace?: boolean
}

/** A part and its position in the recipe, such as `parts[2].parts[0] (recipe ssh)`. */
export interface PlacedPart {
  readonly part: Part
  readonly at: string
}

/** Checks parts and flattens the results of recipes. Returns all problems, not just the first. */
export function parseParts(list: unknown, at: string): {parts: PlacedPart[]; problems: Problem[]} {
  if (Array.isArray(list)) {
    const each = list.map((item, index) => parseParts(item, `${at}[${index}]`))
    return {parts: each.flatMap(({parts}) => parts), problems: each.flatMap(({problems}) => problems)}
  }
  if (isRecipe(list)) {
    const inner = parseParts(list.parts, `${at}.parts`)
    const problems = [...(list.problems ?? []), ...inner.problems]
    return {
      parts: inner.parts,
      problems: problems.map((problem) => ({
        ...problem,
        path: problem.path.startsWith(at) ? problem.path : renderPath(problem.path ? [problem.path] : [], `${at}`),
        message: `${problem.message} (recipe ${list.recipe})`,
      })),
    }
  }
  const parsed = PlainPart.safeParse(list, {error: plainWords})
  if (parsed.success) return {parts: [{part: parsed.data, at}], problems: []}
  return {parts: [], problems: problemsOf(PlainPart, parsed.error, list, {prefix: at})}
}

const isRecipe = (value: unknown): value is RecipeParts =>
  typeof value === 'object' && value !== null && 'recipe' in value && 'parts' in value

/** A config.yaml next to the recipe. */
export interface ConfigFile {
  readonly kind: 'config-file'
  readonly path: string | URL
}

type FileOptions = Placement & {readonly mode?: FileMode} & (
    | {readonly text: string; readonly base64?: never; readonly from?: never}
    | {readonly base64: string; readonly text?: never; readonly from?: never}
    | {
        /** A file on the build machine, relative to the recipe, or `download({url, sha256})`. */
        readonly from: string | URL | Download
        readonly text?: never
        readonly base64?: never
      }
  )

/**
 * A file of the image with the given text, or with the content of a file on the build machine. Default mode: `0644`, or
 * `0755` if that file is executable.
 *
 * With only the path of a file on the build machine: for `config: file('node.yaml')`.
 */
export function file(path: string, options: FileOptions): PartInput
export function file(path: string | URL): ConfigFile
export function file(path: string | URL, options?: FileOptions): PartInput | ConfigFile {
  if (typeof path !== 'string' || (options === undefined && !path.startsWith('/'))) return {kind: 'config-file', path}
  if (options === undefined) throw new TypeError(`file('${path}') has no content: give it text, base64 or from`)
  const {text, base64, from, mode, ...placement} = options
  if (from !== undefined) return {kind: 'file', path, from, ...(mode && {mode}), ...placement}
  const content = text === undefined ? {base64: base64 ?? ''} : {text}
  return {kind: 'node', node: {type: 'file', path, ...(mode && {mode}), content}, ...placement}
}

/** A file that is fetched when needed: `file('/usr/bin/tool', {from: download({url, sha256}), mode: '0755'})`. */
export const download = ({
  url,
  sha256,
}: {
  /** URL of the file, or several, the preferred one first. */
  readonly url: string | readonly string[]
  /** SHA-256 in hexadecimal. */
  readonly sha256: string
}): Download => ({kind: 'download', urls: [url].flat(), sha256})

/** A directory. Default mode: `0755`. */
export const directory = (
  path: string,
  {mode, ...placement}: Placement & {readonly mode?: FileMode} = {},
): PartInput => ({kind: 'node', node: {type: 'directory', path, ...(mode && {mode})}, ...placement})

/**
 * A symbolic link at `path` with the literal text `target`.
 *
 * With `keep` it is omitted if another part or a package has the path, or a program of its name in any directory of programs;
 * with `keep: 'parts'` it yields to other parts only.
 */
export const symlink = (
  path: string,
  target: string,
  placement: Placement & {readonly keep?: boolean | 'parts'} = {},
): PartInput => ({
  kind: 'node',
  node: {type: 'symlink', path, target},
  ...placement,
})

/**
 * Hides a path that a package installs.
 *
 * Stored as a 0/0 character device, which overlayfs treats as a whiteout (kernel: Documentation/filesystems/overlayfs.rst).
 */
export const absent = (path: string): PartInput => ({
  kind: 'node',
  node: {type: 'character-device', path, mode: '0000', major: 0, minor: 0},
  replace: true,
})

/**
 * Every file below a directory on the build machine, at the same path in the image.
 *
 * Owners are `root:root` and modes `0755` or `0644` by the execute bit, so that neither umask nor user affects the image. Files with
 * setuid or setgid, and directories that are sticky, keep their whole mode; capabilities and `user.*` attributes are kept, too.
 * With `keep: 'parts'` its files yield to those of other parts, which suits a recipe that others use.
 */
export const overlay = (
  hostDirectory: string | URL,
  placement: Placement & {
    /** Directory in the image. Default: `/`. */
    readonly at?: string
    readonly keep?: 'parts'
  } = {},
): PartInput => ({kind: 'overlay', directory: hostDirectory, ...placement})

/** Starts an OpenRC service at boot, and adds its script (`/etc/init.d/NAME`) if given. Default runlevel: `default`. */
export const service = (
  name: string,
  options: {readonly runlevel?: Runlevel; readonly script?: string; readonly replace?: boolean} = {},
): PartInput => ({kind: 'service', name, ...options})

/** An account in addition to those of the packages. Default: password locked, shell `/bin/sh`, home `/home/NAME`. */
export const user = (
  name: string,
  options: {
    readonly uid: number
    readonly comment?: string
    readonly home?: string
    readonly shell?: string
    /** Groups in addition to its own. They must exist. */
    readonly groups?: readonly string[]
    /** `locked`, `empty` (login without a password), or a crypt(5) hash. */
    readonly password?: string
    /** Keys that may log in, as in `authorized_keys`. */
    readonly sshKeys?: readonly string[]
  },
): PartInput => {
  const {groups = [], password = 'locked', sshKeys, ...rest} = options
  return {kind: 'user', name, ...rest, groups: [...groups], password, ...(sshKeys && {sshKeys: [...sshKeys]})}
}

/** A group in addition to those of the packages. */
export const group = (name: string, options: {readonly gid: number}): PartInput => ({kind: 'group', name, ...options})

/** Arguments on the kernel command line of every boot. */
export const kernelArgument = (...args: readonly string[]): PartInput => ({
  kind: 'kernel-argument',
  arguments: [...args],
})

/** Kernel modules to load at every boot; with `load: 'initrd'` they are also in the initrd. */
export const kernelModule = (
  names: string | readonly string[],
  {load}: {readonly load?: 'initrd' | 'boot'} = {},
): PartInput => ({kind: 'kernel-module', names: [names].flat(), ...(load && {load})})

/** Kernel parameters to set at every boot, as in sysctl.conf(5). */
export const sysctl = (values: Readonly<Record<string, string>>): PartInput => ({kind: 'sysctl', values: {...values}})

/**
 * Runs a script in the finished system when the image is built; its changes become a separate layer.
 *
 * It runs as root of the image with `/bin/sh -eu`, sees nothing of the build machine, and has no network. It runs twice, and the build
 * fails if the two runs leave different files.
 */
export const run = ({script, network}: {readonly script: string; readonly network?: false}): PartInput => ({
  kind: 'run',
  script,
  ...(network !== undefined && {network}),
})

/**
 * A recipe: a named function from options to parts.
 *
 * It only decides; it touches no files.
 */
export const defineRecipe =
  <Options extends z.ZodType>({
    name,
    options: schema,
    parts,
  }: {
    readonly name: string
    readonly options: Options
    readonly parts: (options: z.output<Options>) => readonly PartList[]
  }): ((
    ...options: Record<never, never> extends z.input<Options> ? [z.input<Options>?] : [z.input<Options>]
  ) => RecipeParts) =>
  (...options) => {
    const parsed = schema.safeParse(options[0] ?? {}, {error: plainWords})
    if (parsed.success) return {recipe: name, parts: parts(parsed.data)}
    return {recipe: name, parts: [], problems: problemsOf(schema, parsed.error, options[0] ?? {})}
  }
