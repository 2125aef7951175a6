import {join, resolve} from 'node:path'
import {type Arch, type Base, HaosError, type ImageSpec, kernelDistribution, ofRecipe} from '#dsl'
import type {AnyStepKind, Digest, EmitEvent, Http, ResultCache, Signer, Store, Toolbox} from '#engine'
import {
  type Artifact,
  digestOf,
  EarlyCopies,
  type ExportedArtifact,
  exportArtifacts,
  forecastBuild,
  ownersOf,
  type Plan,
  PlanBuilder,
  prepareOutput,
  runPlan,
  type StepOwner,
} from '#engine'
import {type ImageFacts, imageFacts} from './image-facts.ts'
import {type ImageKernel, renderKernelNotes} from './kernel/explain-kernels.ts'
import {loadArchives} from './kubernetes/load-archives.ts'
import type {Lockfile} from './lock/lockfile.ts'
import type {Variant} from './lock/variant.ts'
import {loadPrivileged, loadPrivilegedBefore, renderNewPrivileges} from './new-privileges.ts'
import {loadOverlays} from './overlay/load-overlays.ts'
import {type PlannedImage, planImage} from './plan-image.ts'
import {signatureWarnings} from './signature/signature-warnings.ts'
import type {PackageSource} from './source.ts'
import {bundleRuntime, type RuntimeSources} from './steps/runtime/bundle-runtime.ts'
import type {Target} from './target.ts'

/** One image for one architecture, with its requested targets. */
export interface ImageOrder {
  readonly spec: ImageSpec
  readonly arch: Arch
  readonly variant: Variant
  readonly targets: readonly Target[]
  /** Path of the recipe file, as shown in messages. */
  readonly recipe: string
  /** Directory of the recipe: relative overlays are below it. */
  readonly directory: string
  /** The lock file that pins the image. */
  readonly lockfile: Lockfile
  /** The command that pins it. */
  readonly lockCommand: string
}

export interface PlannedBuild {
  readonly plan: Plan
  readonly kinds: ReadonlyMap<string, AnyStepKind>
  /** Contents of each artifact, by its name. */
  readonly facts: ReadonlyMap<string, ImageFacts>
  /** The step that lists the privileged files of each artifact, by its name. */
  readonly privileged: ReadonlyMap<string, Digest>
  /** The kernel of each image. */
  readonly kernels: readonly ImageKernel[]
  /** Notes for the user that are not errors. */
  readonly warnings: readonly string[]
  /** The images that need each step. */
  readonly owners: ReadonlyMap<Digest, readonly StepOwner[]>
}

export interface PlanOptions {
  readonly source: (base: Base) => PackageSource<Base>
  readonly runtime: RuntimeSources
  /** PEM of the public keys with which releases are signed. Default: none. */
  readonly signingKeys?: readonly string[]
  /** Reads the attributes of overlays. Default: one that queries the versions of its tools again. */
  readonly toolbox?: Toolbox
  /** Which files of the targets are made, by their names below the output directory. Default: all. */
  readonly wants?: ((name: string) => boolean) | undefined
}

/**
 * Makes one plan for all orders, which share one date; shared steps occur once.
 *
 * Reads the recipe's own files, nothing else. Fails with RECIPE_INVALID if two images would have the same file name.
 */
export async function planImages(
  orders: readonly [ImageOrder, ...ImageOrder[]],
  options: PlanOptions,
): Promise<PlannedBuild> {
  const plan = new PlanBuilder(orders[0].spec.epoch)
  const artifacts = new Map<string, Artifact>()
  const facts = new Map<string, ImageFacts>()
  const privileged = new Map<string, Digest>()
  const kernels: ImageKernel[] = []
  const warnings: string[] = []
  const makers = new Map<StepOwner, Digest[]>()
  const several = new Set(orders.map(({recipe}) => recipe)).size > 1
  for (const order of orders) {
    const made: Digest[] = []
    makers.set(stepOwner(order), made)
    try {
      const image = await planOrder(order, options, plan)
      kernels.push(kernelOf(image))
      made.push(...plan.checkSteps, image.privileged.step, image.kernelReport.check.step)
      for (const target of order.targets) {
        if (options.wants === undefined) warnings.push(...(target.warnings?.(image) ?? []))
        for (const {from, ...named} of target.plan({image, plan})) {
          if (options.wants?.(named.name) === false) continue
          const artifact = {...named, image: image.spec.name, arch: image.arch, step: from.step}
          const other = artifacts.get(named.name)
          if (other !== undefined && other.step !== from.step) throw sameName(named.name)
          artifacts.set(named.name, artifact)
          facts.set(named.name, imageFacts(image))
          privileged.set(named.name, image.privileged.step)
          plan.report(image.privileged)
          plan.report(image.kernelReport.check)
          made.push(from.step)
        }
      }
      if (order.targets.some(({upgradesNodes}) => upgradesNodes))
        warnings.push(...signatureWarnings(image.spec, options.signingKeys ?? []))
    } catch (error) {
      throw several ? ofRecipe(error, order.recipe) : error
    }
  }
  const finished = plan.finish([...artifacts.values()])
  return {plan: finished, kinds: plan.kinds, facts, privileged, kernels, warnings, owners: ownersOf(finished, makers)}
}

const kernelOf = ({spec, arch, variant, kernelVersion, kernelReport}: PlannedImage): ImageKernel => ({
  image: spec.name,
  arch,
  ...(variant.label !== '' && {variant: variant.label}),
  version: kernelVersion,
  report: kernelReport,
})

/** Adds the steps that all targets of an image share. */
async function planOrder(order: ImageOrder, options: PlanOptions, plan: PlanBuilder): Promise<PlannedImage> {
  const {spec: written, arch, variant, directory, lockfile, lockCommand} = order
  const complete = (base: Base) => options.source(base).complete(base)
  const from = kernelDistribution(written.kernel)
  const {spec, origins, downloads} = await loadOverlays(
    {
      ...written,
      base: await complete(written.base),
      kernel: from === undefined ? written.kernel : {...written.kernel, from: await complete(from)},
    },
    directory,
    options,
  )
  for (const [sha256, path] of [...origins, ...options.runtime.origins]) plan.origin(sha256, [path])
  const image = planImage(
    spec,
    arch,
    {
      variant,
      lockfile,
      lockCommand,
      downloads,
      archives: await loadArchives(spec, directory),
      signingKeys: options.signingKeys ?? [],
      source: options.source,
      scripts: options.runtime.scripts,
      runtime: (builder) => builder.add(bundleRuntime, {}, options.runtime.bundle(spec), 'runtime'),
    },
    plan,
  )
  // After the sources have added the origins of all other packages.
  for (const {localPackages = []} of [spec.base, kernelDistribution(spec.kernel) ?? spec.base])
    for (const {sha256, path} of localPackages) plan.origin(sha256, [resolve(directory, path)])
  return image
}

const sameName = (name: string): HaosError =>
  new HaosError('RECIPE_INVALID', `two different images would both be ${name}`, {
    hint: 'Give the recipes different names or versions, or build them into different directories with --out.',
  })

/** Identifies an image of a recipe across changes, by all but its contents. */
const stepOwner = (image: ImageOrder): StepOwner => ({
  key: digestOf([image.directory, image.spec.name, image.arch, image.variant.label]).slice(0, 16),
  recipe: image.recipe,
})

export interface BuildOptions {
  readonly store: Store
  readonly toolbox: Toolbox
  /** Directory for finished files. */
  readonly out: string
  readonly emit: EmitEvent
  readonly signal: AbortSignal
  /** The network. Default: the real one. */
  readonly http?: Http | undefined
  readonly jobs?: number | undefined
  /** Those that sign releases. Default: none. */
  readonly signers?: readonly Signer[] | undefined
  /** Milliseconds that packages' and recipes' scripts may print nothing. Default: 30 minutes. */
  readonly scriptSilenceMs?: number | undefined
  /** Results that other machines have made. Default: only those in the store. */
  readonly cache?: ResultCache | undefined
}

export type BuiltArtifact = ExportedArtifact

/** Makes missing results and copies the finished files into the output directory. */
export async function buildImages(
  {plan, kinds, facts, privileged, kernels, owners}: Omit<PlannedBuild, 'warnings'>,
  options: BuildOptions,
): Promise<readonly BuiltArtifact[]> {
  const {store, toolbox, out, emit, signal, jobs, scriptSilenceMs, http, signers, cache} = options
  const logs = join(out, 'logs')
  for (const directory of [out, logs]) await prepareOutput(directory)
  emit({type: 'plan', ...(await forecastBuild(plan, {store, toolbox, kinds}))})
  await using copies = new EarlyCopies(plan.artifacts, out)
  const records = await runPlan(plan, {
    ...{store, toolbox, kinds, owners, logs, copies, emit, signal, jobs, scriptSilenceMs, http, signers, cache},
  })
  const lists = await loadPrivileged(privileged, records, store)
  const before = await loadPrivilegedBefore(plan.artifacts, out)
  const tools = await toolVersions(kinds, toolbox)
  const complete = new Map(
    [...facts].map(([name, about]) => [name, {...about, privileged: lists.get(name) ?? [], tools}]),
  )
  const exported = await exportArtifacts(plan.artifacts, records, {store, out, copies, facts: complete, emit, signal})
  const notes = [
    ...renderNewPrivileges(plan.artifacts, before, lists),
    ...(await renderKernelNotes(kernels, records, store)),
  ]
  for (const message of notes) emit({type: 'note', message})
  return exported
}

/** Version of each program that made the files, by its name: another one may give other bytes. */
async function toolVersions(
  kinds: ReadonlyMap<string, AnyStepKind>,
  toolbox: Toolbox,
): Promise<Record<string, string>> {
  const tools = new Map([...kinds.values()].flatMap((kind) => kind.tools.map((tool) => [tool.name, tool])))
  const found = await Promise.all([...tools.values()].map((tool) => toolbox.find(tool)))
  const versions = found.flatMap((tool) => (tool === undefined ? [] : [[tool.name, tool.version] as const]))
  return Object.fromEntries(versions.sort(([a], [b]) => (a < b ? -1 : 1)))
}
