import type {Arch, FileNode, ImageSpec, Part} from '#dsl'
import {systemPaths} from '#layout'
import type {PinnedRelease} from './pinned-release.ts'
import {programOf, releasePath} from './release-paths.ts'

/**
 * Files of the system for Kubernetes: a symlink to the program, its settings, and the release to fetch if the image does not
 * contain it.
 */
export function kubernetesNodes(
  {identity, kubernetes}: ImageSpec,
  arch: Arch,
  pinned: PinnedRelease | undefined,
): FileNode[] {
  if (kubernetes === undefined) return []
  const {kind: name, ship, mirror, registries, sha256} = kubernetes
  const version = kubernetes.version ?? pinned?.version ?? ''
  const place =
    ship === 'embedded'
      ? `${systemPaths(identity).kubernetes.current}/${name}`
      : `${identity.localDir}/${name}/${version}/${name}`
  const settings = {
    ...kubernetes.config,
    ...(kubernetes.kind === 'rke2' && kubernetes.profile && {profile: kubernetes.profile}),
  }
  const release = {
    name,
    version,
    path: place,
    url: `${mirror}/${releasePath(version, programOf(kubernetes, arch))}`,
    sha256: sha256[arch] ?? pinned?.program?.sha256,
  }
  const text = (path: string, mode: string, content: string): FileNode => ({
    ...{type: 'file', path, mode, uid: 0, gid: 0, content: {text: content}},
  })
  // As JSON, which is YAML, too. Only root may read them, since they may contain secrets, and rke2's profile requires it.
  const secret = (file: string, content: object) =>
    text(`/etc/rancher/${name}/${file}`, '0600', `${JSON.stringify(content, null, 2)}\n`)
  return [
    {type: 'symlink', path: `/usr/bin/${name}`, target: place, uid: 0, gid: 0},
    ...(Object.keys(settings).length > 0 ? [secret('config.yaml', settings)] : []),
    ...(registries === undefined ? [] : [secret('registries.yaml', registries)]),
    ...(ship === 'embedded'
      ? []
      : [text(`/usr/lib/${identity.name}/kubernetes.json`, '0644', `${JSON.stringify(release, null, 2)}\n`)]),
    ...(isHardened(kubernetes) ? [text('/etc/sysctl.d/90-rke2-cis.conf', '0644', cisParameters)] : []),
  ]
}

const isHardened = (kubernetes: NonNullable<ImageSpec['kubernetes']>): boolean =>
  kubernetes.kind === 'rke2' && kubernetes.profile === 'cis'

/** Values without which rke2 does not start with its profile (rancher/rke2, bundle/share/rke2/rke2-cis-sysctl.conf). */
const cisParameters = `vm.panic_on_oom = 0
vm.overcommit_memory = 1
kernel.panic = 10
kernel.panic_on_oops = 1
`

/**
 * The account that etcd runs as under rke2's profile (docs.rke2.io, "CIS Hardening Guide"), unless the recipe has its own. Its
 * number is fixed, because it owns files on the disk of a node.
 */
export function kubernetesAccounts({kubernetes, parts}: ImageSpec): Part[] {
  const hasOwn = parts.some((part) => part.kind === 'user' && part.name === 'etcd')
  if (kubernetes === undefined || !isHardened(kubernetes) || hasOwn) return []
  const etcd = {
    kind: 'user',
    name: 'etcd',
    uid: 52_034,
    comment: 'etcd of rke2',
    home: '/var/lib/rancher/rke2/server/db/etcd',
  } as const
  return [{...etcd, shell: '/bin/false', groups: [], password: 'locked'}]
}
