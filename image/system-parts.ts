import {type FileNode, HaosError, type ImageSpec, type Part, type Problem, programPath} from '#dsl'
import type {NewGroup, NewUser} from '#formats'
import {type DiskBoot, diskBootPaths, systemPaths} from '#layout'
import {imageKeyNodes} from './image-key-nodes.ts'
import type {NodeScripts} from './steps/runtime/bundle-runtime.ts'
import type {SystemNode} from './steps/system/system-node.ts'

/** The recipe's paths in the system layer, above the image's own files. Pure. Fails with PATH_CONFLICT. */
export function systemParts(
  spec: ImageSpec,
  more: readonly FileNode[],
): {
  nodes: SystemNode[]
  users: NewUser[]
  groups: NewGroup[]
  runtimePath: string
  mounted: string[]
} {
  const {identity} = spec
  const nodes = new Map<string, SystemNode>()
  const given = more.map((node): SystemNode => ({node, replace: false}))
  // Parts that give way come first.
  const parts = spec.parts.toSorted((a, b) => Number(givesWay(b)) - Number(givesWay(a)))
  const written = [...parts.flatMap(nodesOf), ...imageKeyNodes(spec)]
  refusePartConflicts(spec, more)
  for (const entry of [...imageNodes(spec), ...given, ...written])
    if (!(entry.keep && nodes.has(entry.node.path))) nodes.set(entry.node.path, entry)
  return {
    nodes: [...nodes.values()].sort((a, b) => (a.node.path < b.node.path ? -1 : 1)),
    users: spec.parts.flatMap((part): NewUser[] => {
      if (part.kind !== 'user') return []
      const {kind: _, home, sshKeys = [], ...user} = part
      // An SSH server without PAM refuses keys of accounts whose password is marked as locked (sshd(8)). `*` is not
      // such a mark, but no password matches it.
      const password = part.password === 'locked' && sshKeys.length > 0 ? '*' : part.password
      return [{...user, password, home: home ?? `/home/${part.name}`}]
    }),
    groups: spec.parts.flatMap((part) => (part.kind === 'group' ? [{name: part.name, gid: part.gid}] : [])),
    runtimePath: programPath(identity),
    mounted: [identity.systemDir],
  }
}

/**
 * Fails with PATH_CONFLICT if parts write the image's own files, the only conflicts that are known before the packages.
 */
export function refusePartConflicts({parts}: ImageSpec, more: readonly FileNode[]): void {
  const given = new Map(more.map((node) => [node.path, node]))
  const problems = parts.flatMap(nodesOf).flatMap(({node: {path, type}, replace, keep = false}): Problem[] => {
    const other = given.get(path)
    if (replace || keep || other === undefined || (type === 'directory' && other.type === 'directory')) return []
    return [
      {
        path,
        message: "is one of the image's own files",
        hint: 'Give the part `replace: true` if it should win.',
      },
    ]
  })
  if (problems.length === 0) return
  throw new HaosError('PATH_CONFLICT', "the recipe writes the image's own files", {
    problems,
    hint: 'Set `replace: true` where the recipe should win, or write to another path.',
  })
}

/** Contents of the image's initrd in addition to busybox. Pure. Fails with RECIPE_INVALID without kernel modules. */
export function bootFiles(
  spec: ImageSpec,
  kernelVersion: string,
  stage0: string,
): {modules: string[]; files: FileNode[]} {
  const extra = spec.parts.flatMap((part) =>
    part.kind === 'kernel-module' && part.load === 'initrd' ? part.names : [],
  )
  const modules = [...new Set([...spec.kernel.initrd, ...extra])].sort()
  if (modules.length === 0) {
    throw new HaosError(
      'RECIPE_INVALID',
      'the initrd has no kernel modules, so it would find neither medium nor disk',
      {
        at: 'kernel.initrd',
        hint: 'Write `kernel: nodeKernel()`, from haos-build/recipes, or name the modules in `kernel.initrd`.',
      },
    )
  }
  return {
    modules,
    files: [
      text('/init', stage0, '0755'),
      text('/etc/stage0.conf', stage0Settings(spec, kernelVersion)),
      ...['/proc', '/sys', '/dev', '/run', '/tmp'].map(
        (path): FileNode => ({type: 'directory', path, mode: '0755', uid: 0, gid: 0}),
      ),
      {type: 'character-device', path: '/dev/console', mode: '0600', uid: 0, gid: 0, major: 5, minor: 1},
    ],
  }
}

/** Files with which a system starts from the root of another one, in addition to busybox, by relative path. Pure. */
export function localTexts(
  spec: ImageSpec,
  kernelVersion: string,
  {stage0, localInit}: NodeScripts,
): Record<string, string> {
  const directory = localBootDirectory(spec)
  return {
    [`${directory}/init`]: stage0,
    [`${directory}/stage0.conf`]: stage0Settings(spec, kernelVersion),
    'sbin/init': localInit.replaceAll('@BOOT@', directory),
  }
}

/** Directory of these files and of busybox: a relative path. */
export const localBootDirectory = ({identity}: ImageSpec): string => systemPaths(identity).localBoot.slice(1)

/** Settings that stage 0 reads as shell assignments; its only source of the product's names and paths. */
function stage0Settings(spec: ImageSpec, kernelVersion: string): string {
  const {identity, version, boot} = spec
  const settings = {
    NAME: identity.name,
    VERSION: version,
    KERNEL_VERSION: kernelVersion,
    PREFIX: identity.cmdlinePrefix,
    VOLUME: identity.volumeLabel,
    STATE_LABEL: identity.stateLabel,
    SYSTEM: identity.systemDir,
    DATA: identity.dataDir,
    LOCAL: identity.localDir,
    RUN: identity.runDir,
    RESCUE_SHELL: boot.rescueShell ? 'yes' : '',
  }
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}='${value}'`)
    .join('\n')}\n`
}

function imageNodes(spec: ImageSpec): SystemNode[] {
  const {identity, name, version} = spec
  const release = [
    `NAME="${identity.title}"`,
    `ID=${identity.name}`,
    `ID_LIKE=${spec.base.kind}`,
    `VERSION="${version}"`,
    `VERSION_ID="${version}"`,
    `PRETTY_NAME="${identity.title} ${version}"`,
    `IMAGE_ID=${name}`,
    `IMAGE_VERSION=${version}`,
  ]
  return [{node: text('/usr/lib/os-release', `${release.join('\n')}\n`), replace: true}]
}

/** Files of the installer in the image: boot settings of a disk, and the script that installs another ISO. */
export const installNodes = (
  {identity, boot}: ImageSpec,
  cmdline: readonly string[],
  {install}: NodeScripts,
): FileNode[] => {
  const settings: DiskBoot = {cmdline: [...cmdline], timeoutSeconds: boot.timeoutSeconds}
  const paths = diskBootPaths(identity)
  return [text(paths.settings, `${JSON.stringify(settings, null, 2)}\n`), text(paths.installScript, install, '0755')]
}

const givesWay = (part: Part): boolean => part.kind === 'node' && part.keep === 'parts'

function nodesOf(part: Part): SystemNode[] {
  switch (part.kind) {
    case 'node':
      return [
        {
          node: part.node,
          replace: part.replace,
          ...(part.owner !== undefined && {owner: part.owner}),
          ...(part.keep === true && {keep: true}),
        },
      ]
    case 'service':
      return [
        ...(part.script === undefined
          ? []
          : [{node: text(`/etc/init.d/${part.name}`, part.script, '0755'), replace: part.replace}]),
        {
          node: {
            type: 'symlink',
            path: `/etc/runlevels/${part.runlevel}/${part.name}`,
            target: `/etc/init.d/${part.name}`,
            uid: 0,
            gid: 0,
          },
          replace: true,
        },
      ]
    case 'kernel-module':
      return part.names.map((name) => ({node: text(`/etc/modules-load.d/${name}.conf`, `${name}\n`), replace: false}))
    case 'sysctl':
      return Object.entries(part.values).map(([key, value]) => ({
        node: text(`/etc/sysctl.d/80-${key.replaceAll('/', '.').replaceAll('*', '_')}.conf`, `${key} = ${value}\n`),
        replace: false,
      }))
    case 'file':
    case 'overlay':
      throw new HaosError('RECIPE_INVALID', 'files of the recipe were not read', {
        hint: 'Call `loadOverlays` on the image before it is planned.',
      })
    default:
      return []
  }
}

const text = (path: string, content: string, mode = '0644'): FileNode => ({
  type: 'file',
  path,
  mode,
  uid: 0,
  gid: 0,
  content: {text: content},
})
