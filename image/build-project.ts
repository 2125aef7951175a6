import {join} from 'node:path'
import {type Arch, type Base, HaosError, type ImageSpec} from '#dsl'
import type {EmitEvent, Http, Plan, Signer} from '#engine'
import {type ExplainedStep, ensureTools, explainPlan, Store, Toolbox} from '#engine'
import {type BuiltArtifact, buildImages, type PlannedBuild, type PlanOptions, planImages} from './build.ts'
import {explainImagePackage} from './lock/explain-image-package.ts'
import {baseFor, imageRequests} from './lock/image-requests.ts'
import {type LockOptions, lockImages} from './lock/lock-images.ts'
import {type Lockfile, loadLockfile, saveLockfile} from './lock/lockfile.ts'
import {diffLockfiles, renderLockfileDiff} from './lock/package-diff.ts'
import type {Variant} from './lock/variant.ts'
import type {PackageSource} from './source.ts'
import {loadRuntime} from './steps/runtime/bundle-runtime.ts'
import type {Target} from './target.ts'

/** A recipe, read and checked, with its path and that of its lock file. */
export interface Project {
  readonly spec: ImageSpec
  readonly arch: Arch
  /** The variant that the recipe's inputs select. */
  readonly variant: Variant
  /** The recipe file as the user named it, with the image if it has several. */
  readonly recipe: string
  /** Directory of the recipe. */
  readonly directory: string
  readonly lockPath: string
  /** The command that pins this recipe's packages, with the same inputs. */
  readonly lockCommand: string
}

/** What `bin` passes to the engine: plug-ins, directories, and where events go. */
export interface Workshop {
  readonly sources: readonly PackageSource<Base>[]
  readonly http: Http
  /** Directory that holds `runtime/`, `dsl/` and `layout/`. */
  readonly repository: string
  /** Options for bundling the node's program. A callback, because the engine does not import the runtime. */
  readonly bundleOptions: (input: {readonly identity: unknown; readonly version: string}) => object
  readonly storeDirectory: string
  readonly emit: EmitEvent
  readonly signal: AbortSignal
  /** Install missing tools through apt if possible. */
  readonly install: boolean
}

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
  const toolbox = new Toolbox({cacheFile: toolCache(store)})
  const build = async (planned: PlannedBuild) => {
    if (planned.plan.artifacts.length === 0) return []
    for (const message of planned.warnings) workshop.emit({type: 'note', message})
    const isRoot = process.getuid?.() === 0
    const tools = [...planned.kinds.values()].flatMap((kind) => [
      ...kind.tools,
      ...(isRoot ? [] : (kind.userTools ?? [])),
    ])
    await ensureTools(tools, {toolbox, log: join(workshop.storeDirectory, 'logs', 'apt.log'), ...workshop})
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

/** Completes lock files, or with `update` resolves all or some packages again, and reports the changes. */
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
    const after = await lockImages(images, before, {
      ...workshop,
      source: (base) => sourceOf(workshop, base),
      cacheDir: join(workshop.storeDirectory, 'indexes'),
      keep: async (path) => (await store.commit(path)).digest,
      update,
      allowDowngrade,
      nameRecipe: new Set(projects.map(({recipe}) => recipe)).size > 1,
    })
    for (const line of renderLockfileDiff(diffLockfiles(before, after))) workshop.emit({type: 'note', message: line})
    if (after !== before) await saveLockfile(lockPath, after)
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

/**
 * Plans without building, and reports for each step whether it is in the store. Lists images of different dates one
 * after another.
 */
export async function explainProjects(
  projects: readonly Project[],
  workshop: Workshop,
  targets: readonly Target[],
): Promise<{readonly plan: Plan; readonly steps: readonly ExplainedStep[]}> {
  const store = await Store.open(workshop.storeDirectory)
  const toolbox = new Toolbox({cacheFile: toolCache(store)})
  const explained: {plan: Plan; steps: readonly ExplainedStep[]}[] = []
  for (const group of Map.groupBy(projects, ({spec}) => spec.epoch).values()) {
    const {plan, kinds, owners} = await planProjects(group, workshop, targets, {locked: true, toolbox})
    explained.push({plan, steps: await explainPlan(plan, {store, toolbox, kinds, owners})})
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
  }
}

const toolCache = (store: Store): string => join(store.directory, 'state', 'tools.json')

function sourceOf({sources}: Workshop, {kind}: Base): PackageSource<Base> {
  const source = sources.find((item) => item.kind === kind)
  if (source === undefined) throw new Error(`no package source ${kind}`)
  return source
}
