import {mkdir, stat} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {performance} from 'node:perf_hooks'
import {HaosError} from '#dsl'
import type {Http} from '../http/http.ts'
import {nodeHttp} from '../http/node-http.ts'
import {rememberStep} from '../plan/explain-plan.ts'
import type {Check, Plan} from '../plan/plan.ts'
import {type AnyStepKind, cacheKey, inputIds, type Step} from '../plan/step.ts'
import type {StepOwners} from '../plan/step-owners.ts'
import type {Digest} from '../store/digest.ts'
import type {EarlyCopies} from '../store/early-copies.ts'
import {type ResultRecord, removeTree, type Store} from '../store/store.ts'
import {makeToolRun} from '../toolbox/run-tool.ts'
import type {Toolbox} from '../toolbox/toolbox.ts'
import {describeFailure, inRecipe} from './describe-failure.ts'
import type {EmitEvent} from './events.ts'
import {rememberDuration} from './forecast.ts'
import {memoize} from './memoize.ts'
import type {ResultCache} from './result-cache.ts'
import {type Signer, signWith} from './signer.ts'
import {Slots} from './slots.ts'

export interface RunOptions {
  readonly store: Store
  readonly toolbox: Toolbox
  readonly kinds: ReadonlyMap<string, AnyStepKind>
  /** The images of each step: records of a step are kept separately for each. Default: no image in particular. */
  readonly owners?: StepOwners | undefined
  /** Directory for the output of tools, one file per step. */
  readonly logs: string
  readonly emit: EmitEvent
  readonly signal: AbortSignal
  /** The network. Default: the real one. */
  readonly http?: Http | undefined
  /** Steps that compute at once. Default: one per processor. */
  readonly jobs?: number | undefined
  /** Copies artifacts into the output directory while their digests are computed. Default: the export copies all. */
  readonly copies?: EarlyCopies | undefined
  /** Milliseconds that packages' and recipes' scripts may print nothing. Default: 30 minutes. */
  readonly scriptSilenceMs?: number | undefined
  /** Those with which steps may sign. Default: none. */
  readonly signers?: readonly Signer[] | undefined
  /** Results that other machines have made. Default: only those in the store. */
  readonly cache?: ResultCache | undefined
  /** Downloads at once. Default: 8. */
  readonly downloads?: number
}

/** Makes every artifact and report that is not in the store yet, and returns the digests of all. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<ReadonlyMap<Digest, ResultRecord>> {
  const run = new PlanRun(plan, options)
  try {
    const [records] = await Promise.all([
      Promise.all(
        [...plan.artifacts.map(({step}) => step), ...(plan.reports ?? [])].map(
          async (step) => [step, await run.bytes(step)] as const,
        ),
      ),
      Promise.all((plan.checks ?? []).map((check) => run.check(check))),
    ])
    return new Map(records)
  } catch (error) {
    run.stop(error)
    await run.settled()
    throw run.cause ?? error
  }
}

/** One run: each step's result is found or made once, when another step first needs it. */
class PlanRun {
  readonly #plan: Plan
  readonly #options: RunOptions
  readonly #steps: ReadonlyMap<Digest, Step>
  readonly #records = new Map<Digest, Promise<ResultRecord>>()
  readonly #bytes = new Map<Digest, Promise<ResultRecord>>()
  readonly #work: Slots
  readonly #downloads: Slots
  readonly #abort = new AbortController()
  readonly #signal: AbortSignal
  /** The first failure: later ones mostly follow from it. */
  cause: unknown

  constructor(plan: Plan, options: RunOptions) {
    this.#plan = plan
    this.#options = options
    this.#steps = new Map(plan.steps.map((step) => [step.id, step]))
    this.#work = new Slots(options.jobs ?? availableParallelism())
    this.#downloads = new Slots(options.downloads ?? 8)
    this.#signal = AbortSignal.any([options.signal, this.#abort.signal])
  }

  stop(cause: unknown): void {
    this.cause ??= cause
    this.#abort.abort(cause)
  }

  /** Waits until no step is running, so that nothing is written after the caller continues. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#records.values(), ...this.#bytes.values()])
  }

  /** The record of a step, with its bytes in the store. */
  bytes(id: Digest): Promise<ResultRecord> {
    return memoize(this.#bytes, id, async () => {
      const record = await this.#record(id)
      const {store, emit, cache} = this.#options
      const step = this.#step(id)
      if ((await store.touch(record.digest)) && store.has(record.digest, record.sizeBytes)) {
        const verdict = await store.verify(record.digest, {signal: this.#signal})
        if (verdict === 'good') return record
        if (verdict === 'damaged')
          emit({type: 'note', message: `${record.name} was damaged in the store, and is rebuilt or downloaded again`})
      }
      if (!this.#isDownload(step) && (await cache?.fetch(record, store))) return record
      // The record outlived its bytes (`cache prune`), or came from a cache: make them again. A key computed from the old
      // digest stays correct as long as the step is reproducible, which `verify` checks.
      return this.#make(step)
    })
  }

  /** Runs a check, unless the step that it guards is done. */
  async check({step, before}: Check): Promise<void> {
    const known = await this.#known(this.#step(before), await this.#key(this.#step(before)))
    if (known === undefined) await this.#record(step)
  }

  /** The digest of a step's result, made earlier or now, whether or not the bytes still exist. */
  #record(id: Digest): Promise<ResultRecord> {
    return memoize(this.#records, id, async () => {
      const step = this.#step(id)
      const kind = this.#kind(step)
      const {store, emit, cache} = this.#options
      const fixed = kind.digest?.(step.options)
      if (fixed !== undefined && (await store.touch(fixed)) && store.has(fixed)) {
        // At once: `cache prune` may remove the bytes at any moment, and then they are made again when they are needed.
        return {digest: fixed, sizeBytes: store.sizeOf(fixed), durationMs: 0, name: step.name}
      }
      // It is downloaded when a step reads it: whatever would do that may be in the cache.
      if (fixed !== undefined && cache !== undefined)
        return {digest: fixed, sizeBytes: kind.sizeBytes?.(step.options) ?? 0, durationMs: 0, name: step.name}
      const known = await this.#known(step, await this.#key(step))
      if (known !== undefined && (fixed === undefined || known.digest === fixed)) {
        if (fixed === undefined) emit({type: 'step-cached', step: id, name: step.name, kind: step.kind})
        // Results that no step reads in this build still count as used: the next change of the recipe needs them.
        await store.touch(known.digest)
        return known
      }
      return this.#make(step)
    })
  }

  /** The record of a result made earlier, here or elsewhere. */
  async #known(step: Step, key: Digest): Promise<ResultRecord | undefined> {
    const {store, cache} = this.#options
    const own = await store.lookup(key)
    if (own !== undefined || this.#isDownload(step)) return own
    const found = await cache?.lookup(key)
    if (found === undefined) return undefined
    const record = {...found, durationMs: 0, name: step.name}
    await store.record(key, record)
    return record
  }

  async #key(step: Step): Promise<Digest> {
    const inputs = await Promise.all(inputIds(step).map((input) => this.#record(input)))
    return this.#keyOf(
      step,
      inputs.map(({digest}) => digest),
    )
  }

  async #keyOf(step: Step, inputs: readonly Digest[]): Promise<Digest> {
    const tools = await Promise.all(this.#kind(step).tools.map((tool) => this.#options.toolbox.identity(tool)))
    return cacheKey(step, tools, inputs, this.#plan.epoch)
  }

  async #make(step: Step): Promise<ResultRecord> {
    const kind = this.#kind(step)
    const inputs: Record<string, string | readonly string[]> = {}
    const digests: Digest[] = []
    for (const [name, ids] of Object.entries(step.inputs)) {
      const records = await Promise.all([ids].flat().map((id) => this.bytes(id as Digest)))
      const paths = records.map(({digest}) => this.#options.store.blobPath(digest))
      inputs[name] = Array.isArray(ids) ? paths : (paths[0] ?? '')
      digests.push(...records.map(({digest}) => digest))
    }
    // Of what it reads: a record may name bytes that were gone, and came out differently now.
    const key = await this.#keyOf(step, digests)
    using _slot = await (kind.waits ? this.#downloads : this.#work).take(this.#signal)
    this.#signal.throwIfAborted()
    // Awaited here, so that the slot is held until the step has ended.
    return await this.#run(step, kind, key, inputs)
  }

  async #run(
    step: Step,
    kind: AnyStepKind,
    key: Digest,
    inputs: Record<string, string | readonly string[]>,
  ): Promise<ResultRecord> {
    const {store, emit, toolbox, logs, copies, cache, scriptSilenceMs, http = nodeHttp()} = this.#options
    const about = {step: step.id, name: step.name, kind: step.kind}
    emit({type: 'step-started', ...about})
    const started = performance.now()
    const work = await store.scratch(step.kind)
    const output = join(work, 'output')
    const scratch = join(work, 'scratch')
    let keep = false
    try {
      await mkdir(scratch)
      await kind.run({
        inputs,
        options: step.options,
        output,
        scratch,
        epoch: this.#plan.epoch,
        signal: this.#signal,
        tool: makeToolRun({
          toolbox,
          tools: kind.tools,
          scratch,
          epoch: this.#plan.epoch,
          log: join(logs, `${step.name.replaceAll('/', '-')}-${step.id.slice(0, 8)}.log`),
          signal: this.#signal,
          scriptSilenceMs,
          onLine: (line) => emit({type: 'tool-output', step: step.id, line}),
        }),
        http,
        sign: signWith(this.#options.signers ?? []),
        origins: (sha256) => this.#plan.origins[sha256] ?? [],
        file: (sha256) => this.#localFile(sha256),
        progress: (doneBytes, totalBytes) => emit({type: 'progress', step: step.id, doneBytes, totalBytes}),
      })
      const fixed = kind.digest?.(step.options)
      const {size} = await stat(output)
      if (fixed !== undefined) await store.adopt(output, fixed)
      const {digest} =
        fixed === undefined ? await store.commit(output, copies?.reader(step.id, output)) : {digest: fixed}
      const record = {digest, sizeBytes: size, durationMs: Math.round(performance.now() - started), name: step.name}
      if (fixed === undefined) {
        await store.record(key, record)
        cache?.send(key, record, store)
        await this.#remember(step, kind)
        await rememberDuration(store, step, record.durationMs)
      }
      emit({type: 'step-finished', ...about, durationMs: record.durationMs, sizeBytes: size, digest})
      return record
    } catch (error) {
      const isEcho = this.#signal.aborted
      const failure = isEcho
        ? this.#signal.reason
        : inRecipe(await describeFailure(error, step, store), step, this.#options.owners)
      keep = !isEcho && failure instanceof HaosError && failure.details.command !== undefined
      if (!isEcho) {
        emit({type: 'step-failed', ...about, message: failure instanceof Error ? failure.message : String(failure)})
      }
      this.stop(failure)
      throw failure
    } finally {
      // A failed tool's directory stays for the command that repeats it; the next build removes it.
      if (!keep) await removeTree(work)
    }
  }

  async #remember(step: Step, kind: AnyStepKind): Promise<void> {
    const {store, toolbox} = this.#options
    const tools = await Promise.all(kind.tools.map((tool) => toolbox.identity(tool)))
    const inputs = await Promise.all(inputIds(step).map((input) => this.#record(input)))
    const digests = inputs.map(({digest}) => digest)
    await rememberStep(store, step, {tools, inputs: digests, owners: this.#options.owners?.get(step.id)})
  }

  #localFile(sha256: Digest): string {
    const path = this.#plan.origins[sha256]?.[0]
    if (path === undefined) throw new Error(`the plan does not say where ${sha256} is`)
    return path
  }

  #step(id: Digest): Step {
    const step = this.#steps.get(id)
    if (step === undefined) throw new Error(`the plan has no step ${id}`)
    return step
  }

  /** Whether the bytes of a step are known before they exist: they come from their origins. */
  #isDownload(step: Step): boolean {
    return this.#kind(step).digest !== undefined
  }

  #kind(step: Step): AnyStepKind {
    const kind = this.#options.kinds.get(step.kind)
    if (kind === undefined) throw new Error(`no step kind ${step.kind}`)
    return kind
  }
}
