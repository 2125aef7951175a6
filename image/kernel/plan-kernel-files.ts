import type {Arch, DebianSpec, Download, KernelFiles} from '#dsl'
import type {PlanBuilder, Ref} from '#engine'
import type {PackageSource} from '../source.ts'
import {checkedKernel} from '../steps/boot/checked-kernel.ts'
import {kernelFiles} from '../steps/boot/kernel-files.ts'
import {fetchFile} from '../steps/fetch.ts'

interface PlanKernelFilesOptions {
  readonly arch: Arch
  /** Unpacked packages with firmware. */
  readonly firmware: readonly Ref<'tree'>[]
  /** Unpacks Debian's packages. */
  readonly debian: Pick<PackageSource<DebianSpec>, 'kind' | 'unpackFiles'>
}

/** Adds the steps that fetch, unpack and check a kernel from anywhere. */
export function planKernelFiles(
  {version: kernelVersion, debs, kernel, modules, systemMap, config}: KernelFiles,
  {arch, firmware, debian}: PlanKernelFilesOptions,
  plan: PlanBuilder,
): Ref<'tree'> {
  const fetch = (file: Download): Ref<'file'> => {
    plan.origin(file.sha256, file.urls)
    return plan.add(fetchFile, {}, {sha256: file.sha256}, fileName(file))
  }
  const unpack = (): Ref<'tree'> => {
    if (kernel === undefined || modules === undefined) {
      const packages = debs ?? []
      const tree = debian.unpackFiles?.(packages.map(fetch), packages.map(fileName), plan)
      if (tree === undefined) throw new Error(`${debian.kind} unpacks no package files`)
      return tree
    }
    const more = [
      ...(systemMap === undefined ? [] : [{name: 'System.map' as const, file: systemMap}]),
      ...(config === undefined ? [] : [{name: 'config' as const, file: config}]),
    ]
    const inputs = {kernel: fetch(kernel), modules: fetch(modules), more: more.map(({file}) => fetch(file))}
    return plan.add(kernelFiles, inputs, {kernelVersion, more: more.map(({name}) => name)}, 'kernel files')
  }
  return plan.add(checkedKernel, {kernel: unpack(), firmware}, {kernelVersion, arch}, 'checked kernel')
}

const fileName = ({urls, sha256}: Download): string =>
  decodeURIComponent(new URL(urls[0] ?? '').pathname.split('/').at(-1) || sha256.slice(0, 8))
