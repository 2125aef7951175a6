import type {Arch, Base, ImageSpec, Kubernetes} from '#dsl'
import {digestOf, type Plan} from '#engine'
import type {PackageSource, Target} from '#image'
import {sources} from '#sources'
import {planImages} from '../image/build.ts'
import {kubernetesRequest, lockedFiles} from '../image/kubernetes/pinned-release.ts'
import {releasePath} from '../image/kubernetes/release-paths.ts'
import {baseFor, imageRequests, purposes, requestDigest, setName} from '../image/lock/image-requests.ts'
import {emptyLockfile, type Lockfile} from '../image/lock/lockfile.ts'
import {plainVariant} from '../image/lock/variant.ts'

/** The subject of a plan: an image of one architecture, with the directory of its recipe. */
export interface InventedOrder {
  readonly spec: ImageSpec
  readonly arch: Arch
  readonly target: Target
  readonly recipe: string
  readonly directory: string
}

/** The plan of a target, with invented packages and a placeholder for the node's program. */
export async function planInvented({spec, arch, target, recipe, directory}: InventedOrder): Promise<Plan> {
  const order = {
    spec,
    arch,
    variant: plainVariant,
    targets: [target],
    recipe,
    directory,
    lockfile: inventLock(spec, arch),
    lockCommand: 'haos-build lock',
  }
  const {plan} = await planImages([order], {source: sourceOf, runtime})
  return plan
}

function sourceOf({kind}: Base): PackageSource<Base> {
  const found = sources.find((source) => source.kind === kind)
  if (found === undefined) throw new Error(`no package source ${kind}`)
  return found
}

/** The kernel packages that a distribution would choose: a plan reads the version from their name. */
const kernelOf: Readonly<Record<Base['kind'], (arch: Arch) => {name: string; version: string}>> = {
  debian: (arch) => ({name: `linux-image-6.12.48+deb13-${arch}`, version: '6.12.48-1'}),
  alpine: () => ({name: 'linux-lts', version: '6.18.2-r0'}),
}

/** Pins each name of an image to an invented package: a plan reads only names, versions and digests. */
function inventLock(spec: ImageSpec, arch: Arch): Lockfile {
  const pin = ({name, version}: {name: string; version: string}) => ({
    name,
    version,
    arch,
    path: `pool/${name}`,
    sizeBytes: name.length,
    sha256: digestOf({name, version, arch}),
  })
  const pinKubernetes = (wanted: Kubernetes) => {
    const {kind, version = '', sha256} = wanted
    return lockedFiles(wanted, arch).map((file) => ({
      ...pin({name: file.name === kind ? 'kubernetes' : file.name, version: '1'}),
      name: file.name,
      version,
      path: releasePath(version, file),
      ...(file.name === kind && sha256[arch] !== undefined && {sha256: sha256[arch]}),
    }))
  }
  const requests = imageRequests(spec, sourceOf(baseFor(spec, 'kernel')).wellKnown(arch))
  const packageSets = purposes.map((purpose) => {
    const names = requests[purpose].names.map((name) => ({name, version: '1'}))
    const kernel = purpose === 'kernel' ? [kernelOf[baseFor(spec, 'kernel').kind](arch)] : []
    return {purpose, request: requestDigest(requests[purpose], arch), packages: [...kernel, ...names].map(pin)}
  })
  const kubernetes = kubernetesRequest(spec, arch)
  const all = [
    ...packageSets,
    ...(kubernetes === undefined || spec.kubernetes === undefined
      ? []
      : [{purpose: 'kubernetes' as const, request: kubernetes, packages: pinKubernetes(spec.kubernetes)}]),
  ]
  return {
    ...emptyLockfile,
    sets: Object.fromEntries(
      all.map(({purpose, request, packages}) => [setName(spec.name, arch, purpose, ''), {request, packages}]),
    ),
  }
}

/** Placeholder for the node's program, which changes with every edit of its sources. */
const runtime = {
  bundle: () => ({sources: '0'.repeat(64), esbuild: '0.0.0', build: {}}),
  scripts: {
    stage0: 'stage 0\n',
    localInit: 'local init\n',
    install: 'install\n',
    update: 'update\n',
    deprecatedUpgrade: 'upgrade\n',
  },
  origins: new Map(),
}
