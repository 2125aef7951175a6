import * as z from 'zod'
import type {Problem} from './error.ts'
import {FileNode} from './file-tree.ts'
import {plainWords} from './plain-words.ts'
import {problemsOf, renderPath} from './problems.ts'
import {AccountName, type FileMode, ImagePath} from './schema.ts'

/** Owner by name, `user:group` or just `user`; resolved in the image's own accounts when it is built. */
const Owner = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]*(?::[a-z_][a-z0-9_-]*)?$/, 'must be "user" or "user:group"')
  .optional()

/** Whether the path may take the place of one that an earlier part or a package brings. */
const replace = z.boolean().default(false)

const PackagesPart = z.strictObject({
  kind: z.literal('packages'),
  /** Package names. */
  names: z.array(z.string().min(1)).min(1),
})

const NodePart = z.strictObject({
  kind: z.literal('node'),
  /** What is at the path: file, directory, link or device. */
  node: FileNode,
  /** Owner by name. */
  owner: Owner,
  /** Take the place of what an earlier part or a package has there. */
  replace,
  /** Leave a directory that another part or a package has there as it is. */
  keep: z.boolean().optional(),
})

/** Annotated, because the inferred type would name a module of Node that a recipe's project may not know. */
const UrlText: z.ZodType<string, URL> = z.instanceof(URL).transform((url) => url.href)

const OverlayPart = z.strictObject({
  kind: z.literal('overlay'),
  /** Host directory, absolute, or a `file:` URL such as `new URL('./files/', import.meta.url)`. */
  directory: z.union([z.string().min(1), UrlText]),
  at: z.union([ImagePath, z.literal('/')]).default('/'),
  owner: Owner,
  replace,
})

export const Runlevel = z.enum(['sysinit', 'boot', 'default', 'nonetwork', 'shutdown'])
export type Runlevel = z.output<typeof Runlevel>

const ServicePart = z.strictObject({
  kind: z.literal('service'),
  name: z.string().regex(/^[A-Za-z0-9_.@-]+$/, 'must be the name of a file in /etc/init.d'),
  runlevel: Runlevel.default('default'),
  script: z.string().startsWith('#!', 'must start with a line such as "#!/sbin/openrc-run"').optional(),
  replace,
})

const UserPart = z.strictObject({
  kind: z.literal('user'),
  name: AccountName,
  uid: z.int().min(1).max(65_533),
  comment: z
    .string()
    .regex(/^[^:\n]*$/, 'must not contain ":" or a line break')
    .default(''),
  home: ImagePath.optional(),
  shell: ImagePath.default('/bin/sh'),
  groups: z.array(AccountName).default([]),
  /** `locked`: no password works. `empty`: logs in without one. Otherwise a crypt(5) hash. */
  password: z.union([z.enum(['locked', 'empty']), z.string().regex(/^\$[^:\n]+$/, 'must be a crypt(5) hash')]),
})

const GroupPart = z.strictObject({
  kind: z.literal('group'),
  name: AccountName,
  gid: z.int().min(1).max(65_533),
})

const KernelArgumentPart = z.strictObject({
  kind: z.literal('kernel-argument'),
  arguments: z.array(z.string().regex(/^[^\s'"\\]+$/, 'must not contain spaces, quotes or backslashes')).min(1),
})

const KernelModulePart = z.strictObject({
  kind: z.literal('kernel-module'),
  names: z.array(z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be a module name')).min(1),
  load: z.enum(['initrd', 'boot']).default('boot'),
})

const SysctlPart = z.strictObject({
  kind: z.literal('sysctl'),
  values: z.record(z.string().regex(/^[A-Za-z0-9_./*-]+$/, 'must be a sysctl key such as "vm.swappiness"'), z.string()),
})

/** Schema of one part. */
export const PlainPart = z.discriminatedUnion('kind', [
  PackagesPart,
  NodePart,
  OverlayPart,
  ServicePart,
  UserPart,
  GroupPart,
  KernelArgumentPart,
  KernelModulePart,
  SysctlPart,
])
/** The smallest statement of a recipe, checked. */
export type Part = z.output<typeof PlainPart>
type PartInput = z.input<typeof PlainPart>

/** What a recipe gives: its name, so that problems can say where they come from, and its parts. */
export interface RecipeParts {
  readonly recipe: string
  readonly parts: readonly PartList[]
  /** What is wrong with the options that the recipe was called with. */
  readonly problems?: readonly Problem[]
}

/** Parts as they are written down: single ones, lists, and what recipes return. */
export type PartList = PartInput | RecipeParts | readonly PartList[]

/** Installs packages of the base's distribution, with all they depend on. */
export const packages = (...names: readonly string[]): PartInput => ({kind: 'packages', names: [...names]})

interface Placement {
  /** `user:group`, by name. Default: `root:root`. */
  readonly owner?: string
  /** Take the place of what an earlier part or a package has at this path. Default: false, and a conflict is an error. */
  readonly replace?: boolean
}

/** Parts with where they were written, such as `parts[2].parts[0] (recipe ssh)`. */
export interface PlacedPart {
  readonly part: Part
  readonly at: string
}

/** Checks parts and flattens what recipes gave. All that is wrong comes back, not just the first. */
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
  return {parts: [], problems: problemsOf(PlainPart, parsed.error, list, at)}
}

const isRecipe = (value: unknown): value is RecipeParts =>
  typeof value === 'object' && value !== null && 'recipe' in value && 'parts' in value

/** A file with the given text. Default mode: `0644`. */
export const file = (
  path: string,
  {
    text,
    base64,
    mode,
    ...placement
  }: Placement & {readonly mode?: FileMode} & (
      | {readonly text: string; readonly base64?: never}
      | {readonly base64: string; readonly text?: never}
    ),
): PartInput => ({
  kind: 'node',
  node: {type: 'file', path, ...(mode && {mode}), content: text === undefined ? {base64: base64 ?? ''} : {text}},
  ...placement,
})

/** A directory. Default mode: `0755`. */
export const directory = (
  path: string,
  {mode, ...placement}: Placement & {readonly mode?: FileMode} = {},
): PartInput => ({kind: 'node', node: {type: 'directory', path, ...(mode && {mode})}, ...placement})

/** A symbolic link at `path` that holds `target` as it is written. */
export const symlink = (path: string, target: string, placement: Placement = {}): PartInput => ({
  kind: 'node',
  node: {type: 'symlink', path, target},
  ...placement,
})

/**
 * Hides a path that a package brings.
 *
 * Kept as a 0/0 character device, which overlayfs takes for a whiteout (kernel: Documentation/filesystems/overlayfs.rst).
 */
export const absent = (path: string): PartInput => ({
  kind: 'node',
  node: {type: 'character-device', path, mode: '0000', major: 0, minor: 0},
  replace: true,
})

/**
 * Every file below a directory of this machine, at the same path in the image.
 *
 * Owners are `root:root` and modes `0755` or `0644` by the execute bit, so that neither umask nor user leave a trace. Files with
 * setuid or setgid, and directories that are sticky, keep their whole mode; capabilities and `user.*` attributes are kept, too.
 */
export const overlay = (
  hostDirectory: string | URL,
  placement: Placement & {/** Where in the image. Default: `/`. */ readonly at?: string} = {},
): PartInput => ({kind: 'overlay', directory: hostDirectory, ...placement})

/** Starts a service of OpenRC at boot, and brings its script (`/etc/init.d/NAME`) when that is given. Default runlevel: `default`. */
export const service = (
  name: string,
  options: {readonly runlevel?: Runlevel; readonly script?: string; readonly replace?: boolean} = {},
): PartInput => ({kind: 'service', name, ...options})

/** An account beside those of the packages. Default: password locked, shell `/bin/sh`, home `/home/NAME`. */
export const user = (
  name: string,
  options: {
    readonly uid: number
    readonly comment?: string
    readonly home?: string
    readonly shell?: string
    /** Groups beside its own. They must exist. */
    readonly groups?: readonly string[]
    /** `locked`, `empty` (logs in without one), or a crypt(5) hash. */
    readonly password?: string
  },
): PartInput => ({
  kind: 'user',
  name,
  ...options,
  groups: [...(options.groups ?? [])],
  password: options.password ?? 'locked',
})

/** A group beside those of the packages. */
export const group = (name: string, options: {readonly gid: number}): PartInput => ({kind: 'group', name, ...options})

/** Arguments that every boot of the image has on the kernel command line. */
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
 * A recipe: a named function from options to parts.
 *
 * It decides, and says why; it touches nothing.
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
