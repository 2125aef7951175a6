import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {
  type BuildEvent,
  defineStep,
  digestOfBytes,
  openRemoteCaches,
  PlanBuilder,
  runPlan,
  Store,
  Toolbox,
} from '#engine'
import {serveCache} from './cache-server.ts'
import {scratchDirectory} from './scratch.ts'

const say = defineStep({
  kind: 'say',
  revision: 1,
  summary: 'writes a text',
  inputs: {},
  output: 'file',
  options: z.strictObject({text: z.string()}),
  tools: [],
  run: ({options: {text}, output}) => writeFile(output, text),
})

const joinTexts = defineStep({
  kind: 'join',
  revision: 1,
  summary: 'joins texts',
  inputs: {parts: ['file']},
  output: 'file',
  options: z.strictObject({}),
  tools: [],
  async run({inputs, output}) {
    await writeFile(output, (await Promise.all(inputs.parts.map((path) => readFile(path, 'utf8')))).join(''))
  },
})

/** A download without a network. */
const known = defineStep({
  ...{kind: 'known', revision: 1, summary: 'writes a known text', inputs: {}, output: 'file'},
  options: z.strictObject({text: z.string()}),
  tools: [],
  digest: ({text}) => digestOfBytes(text),
  run: ({options: {text}, output}) => writeFile(output, text),
})

/** What the steps give in the end. */
export const whole = 'known, first, second'

interface BuildOptions {
  /** Milliseconds without an answer that end a request. */
  readonly silenceMs?: number
  readonly store?: Store
  readonly signal?: AbortSignal
}

/** Builds {@link whole} with caches, in an empty store or a given one. */
export async function build(
  addresses: readonly string[],
  {silenceMs = 10_000, store: given, signal = new AbortController().signal}: BuildOptions = {},
) {
  const directory = scratchDirectory()
  const store = given ?? (await Store.open(join(directory, 'store')))
  const events: BuildEvent[] = []
  const emit = (event: BuildEvent) => void events.push(event)
  const plan = new PlanBuilder(0)
  const part = plan.add(say, {}, {text: 'first, '}, 'first')
  const parts = [plan.add(known, {}, {text: 'known, '}), part, plan.add(say, {}, {text: 'second'}, 'second')]
  const {step} = plan.add(joinTexts, {parts}, {}, 'both')
  const artifact = {name: 'out', alias: 'out-alias', role: 'test', image: 'x', arch: 'amd64', step}
  let text: string
  {
    await using cache = await openRemoteCaches(addresses, {emit, signal, silenceMs})
    const records = await runPlan(plan.finish([artifact]), {
      ...{store, toolbox: new Toolbox(), kinds: plan.kinds, logs: join(directory, 'logs'), emit, signal, cache},
    })
    text = await readFile(store.blobPath(records.get(step)?.digest ?? ''), 'utf8')
  }
  const made = events.flatMap((event) => (event.type === 'step-started' ? [event.name] : [])).sort()
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.message] : []))
  return {text, made, notes, faults: notes.filter((note) => note.includes('left alone')), store, events}
}

/** The names of all steps. */
export const all = ['both', 'first', 'known', 'second']
/** The contents of a cache to which one build has been sent. */
export async function warmFiles() {
  const server = await serveCache()
  await build([`${server.url},write`])
  return server.files
}
