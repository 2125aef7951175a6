import * as z from 'zod'
import {FileNode} from './file-tree.ts'
import {AccountName, FileMode, ImagePath, Sha256} from './schema.ts'

/** Owner by name, `user:group` or just `user`; resolved in the image's own accounts when it is built. */
const Owner = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]*(?::[a-z_][a-z0-9_-]*)?$/, 'must be "user" or "user:group"')
  .optional()

/** Whether the path may replace that of an earlier part or a package. */
const replace = z.boolean().default(false)

const PackagesPart = z.strictObject({
  kind: z.literal('packages'),
  /** Package names; also files next to the recipe, such as `./agent.deb`. */
  names: z.array(z.string().min(1)).min(1),
})

const NodePart = z.strictObject({
  kind: z.literal('node'),
  /** The file, directory, link or device at the path. */
  node: FileNode,
  /** Owner by name. */
  owner: Owner,
  /** Replace the path of an earlier part or a package. */
  replace,
  /**
   * Omit the path if another part or a package has it, or has a program of its name in any directory of programs. `parts`: yield
   * to other parts only, whatever their order.
   */
  keep: z.union([z.boolean(), z.literal('parts')]).optional(),
})

/** The type is explicit because the inferred one would refer to a module of Node that a recipe's project may lack. */
export const UrlText: z.ZodType<string, URL> = z.instanceof(URL).transform((url) => url.href)

/** A path on the build machine, relative to the recipe, or a `file:` URL such as `new URL('./files/', import.meta.url)`. */
const HostPath = z.union([z.string().min(1), UrlText])

/** A file that is fetched when needed, and pinned by its digest. */
export const Download = z.strictObject({
  kind: z.literal('download'),
  /** URLs of the file, the preferred one first. */
  urls: z.array(z.url({protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://'})).min(1),
  sha256: Sha256,
})
export type Download = z.output<typeof Download>

const FilePart = z.strictObject({
  kind: z.literal('file'),
  /** Path in the image. */
  path: ImagePath,
  /** A file on the build machine, relative to the recipe, or `download({url, sha256})`. */
  from: z.union([HostPath, Download]),
  /** Permissions. Default: `0755` if the owner of the file may execute it, else `0644`; for a download `0644`. */
  mode: FileMode.optional(),
  /** Owner by name. */
  owner: Owner,
  /** Replace the path of an earlier part or a package. */
  replace,
})

const OverlayPart = z.strictObject({
  kind: z.literal('overlay'),
  /** Host directory, relative to the recipe, or a `file:` URL such as `new URL('./files/', import.meta.url)`. */
  directory: HostPath,
  /** Image directory for its contents. */
  at: z.union([ImagePath, z.literal('/')]).default('/'),
  /** Owner of all files, by name. Default: root. */
  owner: Owner,
  /** Replace the path of an earlier part or a package. */
  replace,
  /** Yield to other parts, whatever their order. */
  keep: z.literal('parts').optional(),
})

export const Runlevel = z.enum(['sysinit', 'boot', 'default', 'nonetwork', 'shutdown'])
export type Runlevel = z.output<typeof Runlevel>

const ServicePart = z.strictObject({
  kind: z.literal('service'),
  /** Name of its script in `/etc/init.d`. */
  name: z.string().regex(/^[A-Za-z0-9_.@-]+$/, 'must be the name of a file in /etc/init.d'),
  /** OpenRC runlevel that starts it. */
  runlevel: Runlevel.default('default'),
  /** Text of the script. Left out, a package must provide it. */
  script: z.string().startsWith('#!', 'must start with a line such as "#!/sbin/openrc-run"').optional(),
  /** Replace the script of a package or an earlier part. */
  replace,
})

const sshKeyForm =
  'must be one line of authorized_keys, such as "ssh-ed25519 AAAA… me"; names such as github:me belong in config'

const UserPart = z.strictObject({
  kind: z.literal('user'),
  /** Name to log in with. */
  name: AccountName,
  /** User id, from 1. A group with the same name and number is created. */
  uid: z.int().min(1).max(65_533),
  /** Full name or purpose (the GECOS field of passwd(5)). */
  comment: z
    .string()
    .regex(/^[^:\n]*$/, 'must not contain ":" or a line break')
    .default(''),
  /** Home directory. Left out, `/home/NAME`. */
  home: ImagePath.optional(),
  /** Login shell. */
  shell: ImagePath.default('/bin/sh'),
  /** Groups it belongs to in addition to its own. */
  groups: z.array(AccountName).default([]),
  /** `locked`: no password works. `empty`: login without a password. Otherwise a crypt(5) hash. */
  password: z.union([z.enum(['locked', 'empty']), z.string().regex(/^\$[^:\n]+$/, 'must be a crypt(5) hash')]),
  /** Keys that may log in, as in `authorized_keys`. They are part of the image: a new image replaces them. */
  sshKeys: z
    .array(
      z
        .string()
        .regex(/^(?:[^\n]*[ \t])?(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+ [A-Za-z0-9+/=]+(?: [^\n]*)?$/, sshKeyForm),
    )
    .optional(),
})

const GroupPart = z.strictObject({
  kind: z.literal('group'),
  /** Its name. */
  name: AccountName,
  /** Group id, from 1. */
  gid: z.int().min(1).max(65_533),
})

const KernelArgumentPart = z.strictObject({
  kind: z.literal('kernel-argument'),
  /** Words for the kernel command line of every boot. */
  arguments: z.array(z.string().regex(/^[^\s'"\\]+$/, 'must not contain spaces, quotes or backslashes')).min(1),
})

const KernelModulePart = z.strictObject({
  kind: z.literal('kernel-module'),
  /** Modules to load, by name; their dependencies are loaded too. */
  names: z.array(z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be a module name')).min(1),
  /** `initrd`: before the search for disks. `boot`: when the system starts. */
  load: z.enum(['initrd', 'boot']).default('boot'),
})

const SysctlPart = z.strictObject({
  kind: z.literal('sysctl'),
  /** Settings by key, such as `{'vm.swappiness': '10'}`. */
  values: z.record(z.string().regex(/^[A-Za-z0-9_./*-]+$/, 'must be a sysctl key such as "vm.swappiness"'), z.string()),
})

const RunPart = z.strictObject({
  kind: z.literal('run'),
  /** Commands for `/bin/sh -eu`, as root of the image. */
  script: z.string().min(1),
  /** Always false: a script that fetches files would not be reproducible. */
  network: z.literal(false, 'must be false: provide what the script needs as download({url, sha256})').default(false),
})

/** Schema of one part. */
export const PlainPart = z.discriminatedUnion('kind', [
  PackagesPart,
  NodePart,
  FilePart,
  OverlayPart,
  ServicePart,
  UserPart,
  GroupPart,
  KernelArgumentPart,
  KernelModulePart,
  SysctlPart,
  RunPart,
])
/** The smallest statement of a recipe, validated. */
export type Part = z.output<typeof PlainPart>
export type PartInput = z.input<typeof PlainPart>
