import {readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type AlpineSpec, HaosError, Sha256} from '#dsl'
import {makeDirectory, writeAtomically} from '#engine'
import type {ExplainContext, LockContext, LockedPackage, PackageRequest, WantedPackage} from '#image'
import {alpineArch} from '../alpine-arch.ts'
import type {SolvedPackage} from '../solve/solve-packages.ts'
import {solvePinned} from '../solve/solve-pinned.ts'
import {unpackApk} from '../unpack/unpack-apk.ts'
import {loadKeyRing} from './key-ring.ts'
import {type LoadIndexesOptions, loadIndexes} from './load-indexes.ts'
import {readLocalIndex} from './local-index.ts'
import {loadOfficialKeys} from './official-keys.ts'
import type {PackageIndex} from './package-index.ts'
import {atMirror, type MirroredRepository, repositoriesOf} from './repositories.ts'
import {type Repository, streamRepositoryFile} from './repository.ts'

type Request = PackageRequest<AlpineSpec>

/** Chooses packages and pins them. Indexes hold no SHA-256, so each package is fetched once and checked against its index. */
export async function lockPackages(request: Request, context: LockContext): Promise<LockedPackage[]> {
  const {dependencies} = request
  const {chosen, names, local, index, arch, repositories, locations} = await choosePackages(request, context)
  const wanted = new Set(names.map((name) => name.replace(/[<>=~@].*$/, '')))
  const kept = dependencies === 'all' ? chosen : chosen.filter(({name}) => wanted.has(name))
  const scratch = join(context.cacheDir, 'alpine', 'packages')
  await makeDirectory(scratch)
  const locked: LockedPackage[] = []
  // In the order of installation. Downloading a few at a time would save waiting, not work.
  for (const item of kept) {
    const own = item.repository === repositories.length ? local?.locked.get(item.name) : undefined
    locked.push(own ?? (await lockOne(item, {index, arch, scratch, repositories, locations}, context)))
  }
  return locked
}

/** Lists for each resolved package what requires it. */
export async function explainPackages(request: Request, context: ExplainContext): Promise<WantedPackage[]> {
  const {chosen} = await choosePackages(request, context)
  return chosen.map(({name, version, wantedBy}) => ({name, label: `${name}-${version}`, wantedBy}))
}

async function choosePackages({spec, names: written, pinned}: Request, context: ExplainContext) {
  const {localPackages = []} = spec
  const local = localPackages.length > 0 ? await readLocalIndex(localPackages, context) : undefined
  const names = written.map((name) => local?.words.get(name) ?? name)
  const arch = alpineArch[context.arch]
  const repositories = repositoriesOf(spec)
  const keys = spec.keys ? loadKeyRing(spec.keys, arch) : await loadOfficialKeys(arch, context)
  const {index, tags, locations} = await openIndexes(repositories, {arch, keys, more: local?.index}, context)
  const chosen = solvePinned(index, tags, names, {pinned, emit: context.emit})
  return {chosen, names, local, index, arch, repositories, locations}
}

interface OpenRepositories {
  readonly index: PackageIndex
  readonly arch: string
  readonly scratch: string
  readonly repositories: readonly MirroredRepository[]
  readonly locations: readonly Repository[]
}

/** Reads all indexes from the first mirror that has them. */
async function openIndexes(
  repositories: readonly MirroredRepository[],
  fixed: Pick<LoadIndexesOptions, 'arch' | 'keys' | 'more'>,
  {http, signal, emit}: ExplainContext,
) {
  const choices = Math.max(...repositories.map(({locations}) => locations.length))
  let failure: unknown
  for (let choice = 0; choice < choices; choice++) {
    const locations = atMirror(repositories, choice)
    try {
      return {...(await loadIndexes(locations, {...fixed, http, signal})), locations}
    } catch (error) {
      failure ??= error
      if (!(error instanceof HaosError) || !/^DOWNLOAD_/.test(error.code)) throw error
      if (choice + 1 < choices) emit({type: 'note', message: `${error.message}; trying the next mirror`})
    }
  }
  throw failure
}

async function lockOne(
  {pkg, name, version, repository}: SolvedPackage,
  {index, arch, scratch, repositories, locations}: OpenRepositories,
  {http, signal, emit, keep}: LockContext,
): Promise<LockedPackage> {
  const {C: checksum = '', S: size = ''} = index.recordOf(pkg)
  const label = `${name}-${version}`
  const path = `${arch}/${label}.apk`
  const [first, source] = [locations[repository], repositories[repository]]
  if (first === undefined || source === undefined) throw new Error(`${label} comes from no repository`)
  const sizeBytes = Number(size)
  const locked = {name, version, arch, path, archive: source.name, sizeBytes}
  const memory = join(scratch, encodeURIComponent(checksum))
  const known = await readFile(memory, 'utf8').catch(() => undefined)
  // A power failure or a full disk may have left a truncated file.
  if (known !== undefined && Sha256.safeParse(known).success) return {...locked, sha256: known}
  const file = `${memory}.${process.pid}.apk`
  const fetchFrom = async (location: string): Promise<string> => {
    try {
      const maxBytes = sizeBytes + spareBytes
      await writeFile(file, streamRepositoryFile({location}, path, {http, signal, maxBytes}))
      await unpackApk(file, {origin: label, expected: {name, version, checksum, sizeBytes}, signal})
      return await keep(file)
    } finally {
      await rm(file, {force: true})
    }
  }
  // The mirror that served the index first, then the others.
  const choices = [...new Set([first.location, ...source.locations])]
  let failure: unknown
  for (const [number, location] of choices.entries()) {
    try {
      const sha256 = await fetchFrom(location)
      await writeAtomically(memory, sha256)
      return {...locked, sha256}
    } catch (error) {
      failure ??= error
      if (!(error instanceof HaosError) || !/^(?:DOWNLOAD|DIGEST|PACKAGE)_/.test(error.code)) throw error
      if (number + 1 < choices.length) emit({type: 'note', message: `${error.message}; trying the next mirror`})
    }
  }
  throw failure
}

/** Bytes that are read beyond a file's expected size, so that the message can name the actual size. */
const spareBytes = 1 << 20
