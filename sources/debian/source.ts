import {type Arch, DebianSpec, HaosError} from '#dsl'
import {definePackageSource, type ExplainContext, fetchFile, type LockedPackage, type WellKnownPackages} from '#image'
import {AptRoot} from './apt/apt-root.ts'
import {archivesOf, completeMirrors, type DebianArchive, originsOf, repositoriesOf} from './apt/archives.ts'
import {compareVersions} from './apt/compare-versions.ts'
import {explainPackages} from './apt/explain-packages.ts'
import {findKeyring} from './apt/keyring.ts'
import {makeLocalArchive, withLocalPaths} from './apt/local-archive.ts'
import {keyFileOf} from './apt/repository-key.ts'
import {resolveArchives, resolveSystem} from './apt/resolve.ts'
import {resolvePinned} from './apt/resolve-pinned.ts'
import {debianPaths} from './archive/debian-paths.ts'
import {debianUnpack} from './archive/debian-unpack.ts'
import {debianRoot} from './install/debian-root.ts'
import {hasSystemd, systemdNote} from './systemd-note.ts'

/** Debian: resolved by the real apt, configured by the real dpkg. Names may carry a version, as in `bash=5.2.37-2`. */
export const debianSource = definePackageSource({
  kind: 'debian',
  runsPrograms: true,
  spec: DebianSpec,
  wellKnown: (arch) => wellKnown[arch],
  kernelOf(packages) {
    for (const {name} of packages) {
      // The version is part of the package's name, as in `linux-image-6.12.48+deb13-amd64`.
      const version = /^linux-image-(\d[\w.+~-]*?)(?:-unsigned)?$/.exec(name)?.[1]
      if (version !== undefined) return {version, path: `/boot/vmlinuz-${version}`}
    }
    return undefined
  },
  compareVersions,
  complete: completeMirrors,
  async lock({spec: written, names, dependencies, pinned}, context) {
    const spec = await completeMirrors(written)
    const {apt, wordOf} = await openApt(spec, context)
    const resolve = dependencies === 'all' ? resolveSystem : resolveArchives
    const resolveNames = (options: readonly string[]) => resolve(names.map(wordOf), apt, options)
    const packages = await resolvePinned(pinned, {apt, emit: context.emit}, resolveNames)
    if (dependencies === 'all' && hasSystemd(packages))
      context.emit({type: 'note', message: systemdNote(await explainPackages(names.map(wordOf), packages, apt))})
    return withLocalPaths(packages, spec.localPackages ?? [])
  },
  async explain({spec: written, names, pinned}, context) {
    const spec = await completeMirrors(written)
    const {apt, wordOf} = await openApt(spec, context)
    const words = names.map(wordOf)
    const resolveNames = (options: readonly string[]) => resolveSystem(words, apt, options)
    return explainPackages(words, await resolvePinned(pinned, {apt, emit: context.emit}, resolveNames), apt)
  },
  fetch: (spec, packages, plan) =>
    packages.map((item) => {
      const {name, version, sha256, sizeBytes} = item
      plan.origin(sha256, originsOf(spec, item))
      return plan.add(fetchFile, {}, {sha256, sizeBytes}, `${name} ${version}`)
    }),
  root: (_, {arch, archives, packages}, plan) =>
    plan.add(debianRoot, {archives}, {arch, labels: labelsOf(packages)}, 'packages'),
  paths: ({archives, packages}, plan) =>
    plan.add(debianPaths, {archives}, {labels: labelsOf(packages)}, 'package paths'),
  unpack: ({archives, packages}, plan) => plan.add(debianUnpack, {archives}, {labels: labelsOf(packages)}, 'unpack'),
  unpackFiles: (archives, labels, plan) =>
    plan.add(debianUnpack, {archives}, {labels: [...labels], areFiles: true}, 'unpack'),
})

const labelsOf = (packages: readonly LockedPackage[]): string[] =>
  packages.map(({name, version}) => `${name} ${version}`)

/** Kernels as of trixie; 32-bit arm has one kernel for real and virtual machines. */
const wellKnown: Readonly<Record<Arch, WellKnownPackages>> = {
  amd64: {
    kernel: {generic: 'linux-image-amd64', cloud: 'linux-image-cloud-amd64'},
    bootLoader: ['grub-efi-amd64-bin', 'grub-pc-bin'],
    busybox: {name: 'busybox-static', path: '/usr/bin/busybox'},
  },
  arm64: {
    kernel: {generic: 'linux-image-arm64', cloud: 'linux-image-cloud-arm64'},
    bootLoader: ['grub-efi-arm64-bin'],
    busybox: {name: 'busybox-static', path: '/usr/bin/busybox'},
  },
  arm: {
    kernel: {generic: 'linux-image-armmp', cloud: 'linux-image-armmp'},
    bootLoader: ['grub-efi-arm-bin'],
    busybox: {name: 'busybox-static', path: '/usr/bin/busybox'},
  },
}

interface OpenApt {
  readonly apt: AptRoot
  /** apt's argument for a package of the recipe: a file next to it becomes its name and version. */
  readonly wordOf: (name: string) => string
}

/** Opens apt on the first choice of mirrors that answers. */
async function openApt(spec: DebianSpec, context: ExplainContext): Promise<OpenApt> {
  const {arch, cacheDir, signal, emit} = context
  const {repositories = [], localPackages = []} = spec
  const keyrings = await Promise.all(repositories.map((repository) => keyFileOf(repository, context)))
  const own = localPackages.length > 0 ? await makeLocalArchive(localPackages, context) : undefined
  const archives: readonly DebianArchive[] = [
    ...archivesOf(spec),
    ...repositoriesOf(spec).map((archive, index) => ({...archive, keyring: keyrings[index] ?? ''})),
    ...(own === undefined ? [] : [own.archive]),
  ]
  const lacking = archives.find(({mirrors}) => mirrors.length === 0)
  if (lacking !== undefined) {
    throw new HaosError('RECIPE_INVALID', `no mirror of Debian's ${lacking.name} archive is known`, {
      at: lacking.name === 'main' ? 'base.mirrors' : 'base.securityMirrors',
      hint: "Name mirrors in the recipe: this machine's apt has none configured.",
    })
  }
  const options = {archives, components: spec.components, arch, keyring: await findKeyring(spec), cacheDir, signal}
  const choices = Math.max(...archives.map(({mirrors}) => mirrors.length))
  let failure: unknown
  for (let choice = 0; choice < choices; choice++) {
    // An archive with fewer mirrors than another uses its last one for the rest.
    const mirrors = new Map(
      archives.map((item) => [item.name, item.mirrors[Math.min(choice, item.mirrors.length - 1)] ?? '']),
    )
    const apt = await AptRoot.open(mirrors, options)
    try {
      await apt.update()
      return {apt, wordOf: (name) => own?.words.get(name) ?? name}
    } catch (error) {
      failure ??= error
      if (!(error instanceof HaosError) || error.code !== 'DOWNLOAD_FAILED') throw error
      if (choice + 1 < choices)
        emit({type: 'note', message: `${error.message} from ${error.details.at}: trying the next mirror`})
    }
  }
  throw failure
}
