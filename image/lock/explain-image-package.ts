import type {Arch, Base, ImageSpec} from '#dsl'
import type {ExplainContext, PackageSource, WantedPackage} from '../source.ts'
import {baseFor, imageRequests, purposes, requestDigest} from './image-requests.ts'
import {notPinned} from './lock-images.ts'
import {type LockedSetOptions, lockedSet} from './locked-set.ts'

interface ExplainImagePackageOptions extends ExplainContext, LockedSetOptions {
  readonly arch: Arch
  readonly source: (base: Base) => PackageSource<Base>
}

/** Explains why an image contains a package. Fails with PACKAGE_NOT_FOUND, LOCK_MISSING or LOCK_STALE. */
export async function explainImagePackage(
  name: string,
  spec: ImageSpec,
  {source, lockfile, variant, lockCommand, ...context}: ExplainImagePackageOptions,
): Promise<readonly string[]> {
  const requests = imageRequests(spec, source(baseFor(spec, 'kernel')).wellKnown(context.arch))
  for (const purpose of purposes) {
    const request = requestDigest(requests[purpose], context.arch)
    const query = {image: spec.name, arch: context.arch, purpose, request}
    const {packages} = lockedSet(query, {lockfile, variant, lockCommand})
    const found = packages.find((item) => item.name === name)
    if (found === undefined) continue
    // Packages without dependencies are always requested directly.
    if (requests[purpose].dependencies === 'none')
      return [purpose === 'boot' ? 'boot loader' : purpose, `${name} ${found.version}`]
    const pinned = {packages, update: []}
    const chain = chainTo(name, await source(baseFor(spec, purpose)).explain({...requests[purpose], pinned}, context))
    if (chain !== undefined) return chain
  }
  throw notPinned(name, lockfile)
}

/** The shortest chain from a request to a package: first the request as written, last the package. */
export function chainTo(name: string, packages: readonly WantedPackage[]): string[] | undefined {
  const byLabel = new Map(packages.map((item) => [item.label, item]))
  const wanted = packages.find((item) => item.name === name)
  if (!wanted) return undefined
  const chains: string[][] = [[wanted.label]]
  const seen = new Set([wanted.label])
  for (let chain = chains.shift(); chain; chain = chains.shift()) {
    const item = byLabel.get(chain[0] ?? '')
    if (!item) return chain
    for (const by of item.wantedBy) {
      if (seen.has(by)) continue
      seen.add(by)
      chains.push([by, ...chain])
    }
  }
  return [wanted.label]
}
