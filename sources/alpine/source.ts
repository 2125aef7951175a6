import {AlpineSpec, type Arch} from '#dsl'
import {definePackageSource, fetchFile, type LockedPackage, type WellKnownPackages} from '#image'
import {alpineArch} from './alpine-arch.ts'
import {explainPackages, lockPackages} from './index/lock-packages.ts'
import {repositoriesOf} from './index/repositories.ts'
import {compareVersions} from './index/version.ts'
import {alpineRoot} from './install/alpine-root.ts'
import {alpineRunRoot} from './scripts/alpine-run-root.ts'
import {alpinePaths} from './unpack/alpine-paths.ts'
import {alpineUnpack} from './unpack/alpine-unpack.ts'

/** Alpine: packages are chosen as apk would choose them, and installed without apk and without root privileges. */
export const alpineSource = definePackageSource({
  kind: 'alpine',
  spec: AlpineSpec,
  wellKnown: (arch) => wellKnown[arch],
  kernelOf(packages) {
    for (const {name, version} of packages) {
      const flavour = /^linux-(lts|virt|stable|edge|rpi\d?)$/.exec(name)?.[1]
      const [, number, revision] = /^(\d[\d.]*)-r(\d+)$/.exec(version) ?? []
      if (flavour === undefined || number === undefined) continue
      // As in `uname -r` of Alpine's kernels: 6.18.2-0-lts.
      return {version: `${number}-${revision}-${flavour}`, path: `/boot/vmlinuz-${flavour}`}
    }
    return undefined
  },
  compareVersions: (a, b) => numberOf[compareVersions(a, b)],
  complete: async (spec) => spec,
  lock: lockPackages,
  explain: explainPackages,
  fetch: (spec, packages, plan) =>
    packages.map(({name, version, sha256, sizeBytes, path, archive}) => {
      const locations = repositoriesOf(spec).find((item) => item.name === archive)?.locations ?? []
      plan.origin(
        sha256,
        locations.map((location) => `${location}/${location.startsWith('/') ? path : encodePath(path)}`),
      )
      return plan.add(fetchFile, {}, {sha256, sizeBytes}, `${name} ${version}`)
    }),
  root({scripts}, {arch, archives, packages}, plan) {
    const options = {arch: alpineArch[arch], labels: labelsOf(packages)}
    return scripts === 'run'
      ? plan.add(alpineRunRoot, {archives}, options, 'packages')
      : plan.add(alpineRoot, {archives}, {...options, scripts}, 'packages')
  },
  paths: ({archives, packages}, plan) =>
    plan.add(alpinePaths, {archives}, {labels: labelsOf(packages)}, 'package paths'),
  unpack: ({archives, packages}, plan) => plan.add(alpineUnpack, {archives}, {labels: labelsOf(packages)}, 'unpack'),
})

/** Names as of 3.23. */
const common = {
  kernel: {generic: 'linux-lts', cloud: 'linux-virt'},
  bootLoader: ['grub-efi'],
  busybox: {name: 'busybox-static', path: '/usr/bin/busybox.static'},
} as const

const wellKnown: Readonly<Record<Arch, WellKnownPackages>> = {
  amd64: {...common, bootLoader: ['grub-bios', 'grub-efi']},
  arm64: common,
  arm: common,
}

const labelsOf = (packages: readonly LockedPackage[]): string[] =>
  packages.map(({name, version}) => `${name}-${version}`)

const numberOf = {'<': -1, '=': 0, '>': 1} as const

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
