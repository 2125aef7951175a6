import {existsSync, readdirSync} from 'node:fs'
import {chmod, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect, test, vi} from 'vitest'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {fetchFile} from '#image'
import {scratchDirectory} from '../../test/scratch.ts'
import {PlanBuilder} from '../plan/plan.ts'
import {defineStep, type Ref} from '../plan/step.ts'
import {digestOfBytes} from '../store/digest.ts'
import {Store} from '../store/store.ts'
import {Toolbox} from '../toolbox/toolbox.ts'
import type {BuildEvent} from './events.ts'
import {runPlan} from './run-plan.ts'

/** Writes a text. */
const say = defineStep({
  kind: 'say',
  revision: 1,
  summary: 'writes a text',
  inputs: {},
  output: 'file',
  options: z.strictObject({text: z.string(), afterMs: z.int().default(0), fail: z.boolean().default(false)}),
  tools: [],
  async run({options: {text, afterMs, fail}, output, signal}) {
    await sleep(afterMs, undefined, {signal})
    await writeFile(output, fail ? 'half' : text)
    if (fail) throw new HaosError('PACKAGE_INVALID', 'it cannot be said', {hint: 'Say something else.'})
  },
})

/** Joins texts; `first` keeps only so much, so that different inputs may give equal results. */
const joinTexts = defineStep({
  kind: 'join',
  revision: 1,
  summary: 'joins texts',
  inputs: {parts: ['file']},
  output: 'file',
  options: z.strictObject({first: z.int().default(1000)}),
  tools: [],
  async run({inputs, options: {first}, output}) {
    const texts = await Promise.all(inputs.parts.map((path) => readFile(path, 'utf8')))
    await writeFile(output, texts.join('').slice(0, first))
  },
})

async function workshop() {
  const directory = scratchDirectory()
  const events: BuildEvent[] = []
  const abort = new AbortController()
  const store = await Store.open(join(directory, 'store'))
  const run = async (build: (plan: PlanBuilder) => Ref, jobs = 4) => {
    events.length = 0
    const plan = new PlanBuilder(0)
    const {step} = build(plan)
    const artifact = {name: 'out', alias: 'out-alias', role: 'test', image: 'x', arch: 'amd64', step}
    const records = await runPlan(plan.finish([artifact]), {
      store,
      toolbox: new Toolbox(),
      kinds: plan.kinds,
      logs: join(directory, 'logs'),
      emit: (event) => events.push(event),
      signal: abort.signal,
      jobs,
    })
    const record = records.get(step)
    return record ? readFile(store.blobPath(record.digest), 'utf8') : undefined
  }
  const made = () => events.flatMap((event) => (event.type === 'step-finished' ? [event.name] : []))
  return {directory, store, abort, run, made, events}
}

const twoWords =
  (a: string, b: string, first = 1000) =>
  (plan: PlanBuilder) =>
    plan.add(
      joinTexts,
      {parts: [plan.add(say, {}, {text: a}, 'a'), plan.add(say, {}, {text: b}, 'b')]},
      {first},
      'both',
    )

test('a finished step does not run again', async () => {
  const {run, made} = await workshop()

  expect(await run(twoWords('x', 'y'))).toBe('xy')
  expect(made().sort()).toEqual(['a', 'b', 'both'])
  expect(await run(twoWords('x', 'y'))).toBe('xy')
  expect(made()).toEqual([])
})

test('a changed option reruns its own step and those that get other bytes from it, no others', async () => {
  const {run, made} = await workshop()
  await run(twoWords('x', 'y'))

  expect(await run(twoWords('x', 'z'))).toBe('xz')
  expect(made().sort()).toEqual(['b', 'both'])
})

test('a step whose inputs have the same bytes as before does not run again, even if their requests changed', async () => {
  const {run, made} = await workshop()
  const nested = (text: string) => (plan: PlanBuilder) =>
    plan.add(
      joinTexts,
      {parts: [plan.add(joinTexts, {parts: [plan.add(say, {}, {text}, 'word')]}, {first: 1}, 'cut')]},
      {},
      'last',
    )
  await run(nested('abc'))

  expect(await run(nested('axx'))).toBe('a')
  expect(made()).toEqual(['word', 'cut'])
})

test('bytes that were removed from the store are rebuilt', async () => {
  const {run, made, store} = await workshop()
  await run(twoWords('x', 'y'))
  await rm(join(store.directory, 'blobs'), {recursive: true})

  expect(await run(twoWords('x', 'y'))).toBe('xy')
  expect(made().sort()).toEqual(['a', 'b', 'both'])
})

test('a blob that a crash truncated is rebuilt', async () => {
  const {run, store, events} = await workshop()
  await run(twoWords('x', 'y'))
  const both =
    events.flatMap((event) => (event.type === 'step-finished' && event.name === 'both' ? [event.digest] : []))[0] ?? ''
  await rm(store.blobPath(both))
  await writeFile(store.blobPath(both), 'x')

  expect(await run(twoWords('x', 'y'))).toBe('xy')
})

test('a changed byte in the store gets into no other result: the damaged file is rebuilt, with a note', async () => {
  const {run, made, store, events} = await workshop()
  await run(twoWords('x', 'y'))
  const digest = events.flatMap((event) => (event.type === 'step-finished' && event.name === 'a' ? [event.digest] : []))
  const place = store.blobPath(digest[0] ?? '')
  await chmod(place, 0o600)
  await writeFile(place, 'z')

  expect(await run(twoWords('x', 'w'))).toBe('xw')
  expect(made().sort()).toEqual(['a', 'b', 'both'])
  expect(events).toContainEqual({type: 'note', message: expect.stringContaining('a was damaged in the store')})
})

test('an empty file in the place of a download is fetched again', async () => {
  const {directory, run, store} = await workshop()
  const file = join(directory, 'x.deb')
  await writeFile(file, 'a package')
  const sha256 = digestOfBytes('a package')
  const fetched = (plan: PlanBuilder) => {
    plan.origin(sha256, [file])
    return plan.add(fetchFile, {}, {sha256, sizeBytes: 9}, 'x')
  }
  await run(fetched)
  await chmod(store.blobPath(sha256), 0o600)
  await writeFile(store.blobPath(sha256), '')

  expect(await run(fetched)).toBe('a package')
})

test('independent steps run concurrently, up to the number of jobs', async () => {
  const {run} = await workshop()
  let [running, most] = [0, 0]
  const count = defineStep({
    kind: 'count',
    revision: 1,
    summary: 'counts its like',
    inputs: {},
    output: 'file',
    options: z.strictObject({text: z.string()}),
    tools: [],
    async run({options, output}) {
      running += 1
      most = Math.max(most, running)
      await sleep(20)
      running -= 1
      await writeFile(output, options.text)
    },
  })
  const four = (plan: PlanBuilder) =>
    plan.add(joinTexts, {parts: ['a', 'b', 'c', 'd'].map((text) => plan.add(count, {}, {text}, text))}, {})

  expect(await run(four, 2)).toBe('abcd')
  expect(most).toBe(2)
})

test('a failure names its step, stops the others and leaves only finished results', async () => {
  const {run, store} = await workshop()
  const failing = (plan: PlanBuilder) =>
    plan.add(
      joinTexts,
      {
        parts: [
          plan.add(say, {}, {text: 'never', afterMs: 60_000}),
          plan.add(say, {}, {text: '', fail: true}, 'speech'),
        ],
      },
      {},
    )

  await expect(run(failing)).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    details: {at: expect.stringContaining('step speech'), hint: 'Say something else.'},
  })
  expect(readdirSync(join(store.directory, 'blobs'))).toEqual([])
  expect(readdirSync(join(store.directory, 'work'))).toEqual([])
})

test('an interrupted run ends with the reason of the interruption and keeps finished results', async () => {
  const {run, abort, store, made} = await workshop()
  const reason = new HaosError('INTERRUPTED', 'stopped', {hint: 'Again.'})
  const slow = (plan: PlanBuilder) =>
    plan.add(
      joinTexts,
      {parts: [plan.add(say, {}, {text: 'kept'}, 'quick'), plan.add(say, {}, {text: '', afterMs: 60_000})]},
      {},
    )
  const ended = expect(run(slow)).rejects.toBe(reason)
  await vi.waitUntil(() => made().includes('quick'), {timeout: 300_000})
  abort.abort(reason)

  await ended
  expect(made()).toEqual(['quick'])
  expect(readdirSync(join(store.directory, 'work'))).toEqual([])
})

test('opening a store removes the scratch files of dead processes and keeps those of running ones', async () => {
  const {store} = await workshop()
  const living = await store.scratch('mine')
  const boot = living.split('/').at(-1)?.split('-')[1]
  const dead = join(store.directory, 'work', `999999999-${boot}-x-y`)
  await writeFile(dead, '')
  await Store.open(store.directory)

  expect(existsSync(dead)).toBe(false)
  expect(existsSync(living)).toBe(true)
})

test('an explicit default does not change the id of a step', () => {
  const plan = new PlanBuilder(0)

  expect(plan.add(say, {}, {text: 'a', afterMs: 0})).toEqual(plan.add(say, {}, {text: 'a'}))
})

test('a check fails a run before the step that it guards, and is skipped if that step is done', async () => {
  const {run, events} = await workshop()
  const build = (plan: PlanBuilder, fail: boolean) => {
    const long = plan.add(say, {}, {text: 'long', afterMs: fail ? 60_000 : 0}, 'long')
    plan.check(plan.add(say, {}, {text: 'check', fail}, 'check'), {before: long})
    return plan.add(joinTexts, {parts: [long]}, {})
  }
  const started = () => events.flatMap((event) => (event.type === 'step-started' ? [event.name] : []))

  await expect(run((plan) => build(plan, true))).rejects.toThrow('it cannot be said')
  expect(started()).not.toContain('join')
  expect(await run((plan) => build(plan, false))).toBe('long')
  expect(started()).toContain('check')

  const other = (plan: PlanBuilder) => {
    const long = plan.add(say, {}, {text: 'long'}, 'long')
    plan.check(plan.add(say, {}, {text: 'another', fail: true}, 'check'), {before: long})
    return plan.add(joinTexts, {parts: [long]}, {first: 2})
  }
  expect(await run(other)).toBe('lo')
  expect(started()).toEqual(['join'])
})
