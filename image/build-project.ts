import {join} from 'node:path'
import {type Base, HaosError} from '#dsl'
import type {Plan, ResultCache, Signer} from '#engine'
import {type ExplainedStep, ensureTools, explainPlan, Store} from '#engine'
import {type BuiltArtifact, buildImages, type PlannedBuild, type PlanOptions, planImages} from './build.ts'
import {type ExplainedKernel, explainKernels} from './kernel/explain-kernels.ts'
import {type DescribedKernel, readKernels} from './kernel/read-kernels.ts'
import {explainImagePackage} from './lock/explain-image-package.ts'
import {baseFor, imageRequests} from './lock/image-requests.ts'
import {type LockOptions, lockImages} from './lock/lock-images.ts'
import {lockTools} from './lock/lock-tools.ts'
import {type Lockfile, loadLockfile, saveLockfile} from './lock/lockfile.ts'
import {diffLockfiles, renderLockfileDiff} from './lock/package-diff.ts'
import {basesOf, openToolbox} from './open-toolbox.ts'
import type {PackageSource} from './source.ts'
import {loadRuntime} from './steps/runtime/bundle-runtime.ts'
import type {Target} from './target.ts'
import type {Project, Workshop} from './workshop.ts'

export interface BuildProjectOptions {
  readonly targets: readonly Target[]
  readonly out: string
  /** Fail rather than change the lock file. */
  readonly locked: boolean
  readonly jobs?: number | undefined
  /** Those that sign releases. Default: none. */
  readonly signers?: readonly Signer[]
  /** Milliseconds that packages' and recipes' scripts may print nothing. Default: 30 minutes. */
  readonly scriptSilenceMs?: number | undefined
  /** Results that other machines have made. Default: only those in the store. */
  readonly cache?: ResultCache | undefined
  /** Which files of the targets are made, by their names below the output directory. Default: all. */
  readonly wants?: ((name: string) => boolean) | undefined
}

/**
 * Builds targets of projects; shared steps run once.
 *
 * A lock file that does not match the recipe is completed first. Packages that no mirror has any more are resolved
 * again. Both report the changes; with `locked`, both are errors.
 */
export async function buildProjects(
  projects: readonly Project[],
  workshop: Workshop,
  {targets, out, locked, wants, signers = [], ...running}: BuildProjectOptions,
): Promise<readonly BuiltArtifact[]> {
  const store = await Store.open(workshop.storeDirectory)
  await using _held = await store.hold()
  const toolbox = await openToolbox(projects, workshop, {store, ...(!locked && {lock: pinTools(projects, workshop)})})
  const build = async (planned: PlannedBuild) => {
    if (planned.plan.artifacts.length === 0) return []
    for (const message of planned.warnings) workshop.emit({type: 'note', message})
    const isRoot = process.getuid?.() === 0
    const tools = [...planned.kinds.values()].flatMap((kind) => [
      ...kind.tools,
      ...(isRoot ? [] : (kind.userTools ?? [])),
    ])
    const log = join(workshop.storeDirectory, 'logs', 'apt.log')
    await ensureTools(tools, {toolbox, log, ...workshop, install: workshop.install && workshop.tools === undefined})
    return buildImages(planned, {store, toolbox, out, signers, ...running, ...workshop})
  }
  const built: BuiltArtifact[] = []
  const signingKeys = signers.map(({publicKey}) => publicKey)
  // The date of an image is the timestamp of all its files, so images with different dates share no step.
  for (const group of Map.groupBy(projects, ({spec}) => spec.epoch).values()) {
    try {
      built.push(...(await build(await planProjects(group, workshop, targets, {locked, toolbox, signingKeys, wants}))))
    } catch (error) {
      if (locked || !(error instanceof HaosError) || error.code !== 'DOWNLOAD_GONE') throw error
      workshop.emit({type: 'note', message: `${error.message}; resolving the packages again`})
      await lockProjects(group, workshop, {update: true, allowDowngrade: false})
      built.push(
        ...(await build(await planProjects(group, workshop, targets, {locked: true, toolbox, signingKeys, wants}))),
      )
    }
  }
  return built
}

/** Plans targets of projects with one date. Completes their lock files first unless `locked` is set. */
async function planProjects(
  projects: readonly Project[],
  workshop: Workshop,
  targets: readonly Target[],
  {locked, ...options}: Pick<PlanOptions, 'toolbox' | 'signingKeys' | 'wants'> & {readonly locked: boolean},
): Promise<PlannedBuild> {
  const runtime = await loadRuntime(workshop.repository, workshop.bundleOptions)
  const plan = async () => {
    const [first, ...rest] = await Promise.all(
      projects.map(async ({lockPath, ...project}) => ({
        ...project,
        targets,
        lockfile: await loadLockfile(lockPath),
      })),
    )
    if (first === undefined) throw new Error('there is nothing to plan')
    return planImages([first, ...rest], {runtime, ...options, source: (base) => sourceOf(workshop, base)})
  }
  try {
    return await plan()
  } catch (error) {
    const stale = error instanceof HaosError && (error.code === 'LOCK_STALE' || error.code === 'LOCK_MISSING')
    if (!stale || locked) throw error
    await lockProjects(projects, workshop, {update: false, allowDowngrade: false})
    return plan()
  }
}

/** Options for updating a lock file. */
export type LockProjectOptions = Pick<LockOptions, 'update' | 'allowDowngrade'>

/** Completes lock files, or with `update` resolves all or some packages and all tools again, and reports the changes. */
export async function lockProjects(
  projects: readonly Project[],
  workshop: Workshop,
  {update, allowDowngrade}: LockProjectOptions,
): Promise<readonly Lockfile[]> {
  const store = await Store.open(workshop.storeDirectory)
  await using _held = await store.hold()
  const written: Lockfile[] = []
  for (const [lockPath, images] of Map.groupBy(projects, (project) => project.lockPath)) {
    const before = await loadLockfile(lockPath)
    const pinned = await lockImages(images, before, {
      ...workshop,
      source: (base) => sourceOf(workshop, base),
      cacheDir: join(workshop.storeDirectory, 'indexes'),
      keep: async (path) => (await store.commit(path)).digest,
      update,
      allowDowngrade,
      nameRecipe: new Set(projects.map(({recipe}) => recipe)).size > 1,
    })
    // Names are those of images' packages.
    const after = await withTools(pinned, images, workshop, {update: update === true, allowDowngrade})
    await saveChanges(lockPath, {before, after}, workshop)
    written.push(after)
  }
  return written
}

/** Why a package is in the image: the shortest chain of dependencies, from the recipe's request to the package. */
export async function explainPackage(
  {spec, arch, variant, directory, lockPath, lockCommand}: Project,
  workshop: Workshop,
  name: string,
): Promise<readonly string[]> {
  const lockfile = await loadLockfile(lockPath)
  // The store contains the package lists: fails here if it is unusable.
  await Store.open(workshop.storeDirectory)
  return explainImagePackage(name, spec, {
    ...workshop,
    arch,
    variant,
    lockfile,
    lockCommand,
    recipeDirectory: directory,
    source: (base) => sourceOf(workshop, base),
    cacheDir: join(workshop.storeDirectory, 'indexes'),
  })
}

/** Resolved packages for names in a project's distribution, by label; without names, for the recipe's packages. */
export async function solveProject(
  {spec, arch, directory}: Project,
  workshop: Workshop,
  names: readonly string[],
): Promise<readonly string[]> {
  await Store.open(workshop.storeDirectory)
  const source = sourceOf(workshop, spec.base)
  const {base} = imageRequests(spec, sourceOf(workshop, baseFor(spec, 'kernel')).wellKnown(arch))
  const request = names.length === 0 ? base : {...base, names}
  const cacheDir = join(workshop.storeDirectory, 'indexes')
  const context = {...workshop, arch, cacheDir, recipeDirectory: directory}
  return (await source.explain(request, context)).map(({label}) => label)
}

/** A plan, and what a build would do. */
export interface ExplainedProjects {
  readonly plan: Plan
  readonly steps: readonly ExplainedStep[]
  readonly kernels: readonly ExplainedKernel[]
}

/**
 * Plans without building, and reports for each step whether it is in the store, and what each image's kernel lacks. Lists
 * images of different dates one after another.
 */
export async function explainProjects(
  projects: readonly Project[],
  workshop: Workshop,
  targets: readonly Target[],
): Promise<ExplainedProjects> {
  const store = await Store.open(workshop.storeDirectory)
  await using _held = await store.hold()
  const toolbox = await openToolbox(projects, workshop, {store})
  const explained: ExplainedProjects[] = []
  for (const group of Map.groupBy(projects, ({spec}) => spec.epoch).values()) {
    const {plan, kinds, owners, kernels} = await planProjects(group, workshop, targets, {locked: true, toolbox})
    const steps = await explainPlan(plan, {store, toolbox, kinds, owners})
    const {emit, signal} = workshop
    explained.push({
      plan,
      steps,
      kernels: await explainKernels(kernels, {plan, kinds, steps, store, toolbox, emit, signal}),
    })
  }
  const plans = explained.map(({plan}) => plan)
  return {
    plan: {
      epoch: plans[0]?.epoch ?? 0,
      steps: plans.flatMap(({steps}) => steps),
      artifacts: plans.flatMap(({artifacts}) => artifacts),
      origins: Object.assign({}, ...plans.map(({origins}) => origins)),
    },
    steps: explained.flatMap(({steps}) => steps),
    kernels: explained.flatMap(({kernels}) => kernels),
  }
}

/**
 * Describes the kernel of each image. Fetches and unpacks its packages if they are not in the store.
 *
 * `query`: options to describe, by name or as globs. Default: those that Kubernetes and its workloads need.
 */
export async function describeKernels(
  projects: readonly Project[],
  workshop: Workshop,
  query: readonly string[] = [],
): Promise<readonly DescribedKernel[]> {
  const store = await Store.open(workshop.storeDirectory)
  await using _held = await store.hold()
  const toolbox = await openToolbox(projects, workshop, {store})
  const {emit, signal, http} = workshop
  const described: DescribedKernel[] = []
  for (const group of Map.groupBy(projects, ({spec}) => spec.epoch).values()) {
    const {plan, kinds, kernels} = await planProjects(group, workshop, [], {locked: true, toolbox})
    described.push(...(await readKernels(kernels, {query, plan, kinds, store, toolbox, emit, signal, http})))
  }
  return described
}

/** Pins only the tools, and leaves the packages of images as they are. */
const pinTools =
  (projects: readonly Project[], workshop: Workshop) =>
  async ({update}: {readonly update: boolean}): Promise<void> => {
    for (const [lockPath, images] of Map.groupBy(projects, (project) => project.lockPath)) {
      const before = await loadLockfile(lockPath)
      const after = await withTools(before, images, workshop, {update, allowDowngrade: false})
      await saveChanges(lockPath, {before, after}, workshop)
    }
  }

const withTools = async (
  lockfile: Lockfile,
  projects: readonly Project[],
  {tools, ...workshop}: Workshop,
  options: {readonly update: boolean; readonly allowDowngrade: boolean},
): Promise<Lockfile> =>
  tools === undefined ? lockfile : lockTools(lockfile, tools, {...workshop, ...options, bases: basesOf(projects)})

async function saveChanges(
  lockPath: string,
  {before, after}: {readonly before: Lockfile; readonly after: Lockfile},
  {emit}: Workshop,
): Promise<void> {
  for (const line of renderLockfileDiff(diffLockfiles(before, after))) emit({type: 'note', message: line})
  if (after !== before) await saveLockfile(lockPath, after)
}

function sourceOf({sources}: Workshop, {kind}: Base): PackageSource<Base> {
  const source = sources.find((item) => item.kind === kind)
  if (source === undefined) throw new Error(`no package source ${kind}`)
  return source
}
