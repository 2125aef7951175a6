import {readFile, writeFile} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {z} from '#dsl'
import {defineStep, exportArtifacts, PlanBuilder, runPlan, Store, Toolbox} from '#engine'

// A build in a separate process, in a shared store: store-worker.ts STORE OUT. Prints the digest of its result.

const [storeDirectory = '', out = ''] = process.argv.slice(2)

const piece = defineStep({
  kind: 'piece',
  revision: 1,
  summary: 'writes some bytes',
  inputs: {},
  output: 'file',
  options: z.strictObject({byte: z.int()}),
  tools: [],
  async run({options: {byte}, output, signal}) {
    await writeFile(output, Buffer.alloc(1 << 17, byte))
    await sleep(byte % 7, undefined, {signal})
    await writeFile(output, Buffer.alloc(1 << 18, byte))
  },
})

const whole = defineStep({
  kind: 'whole',
  revision: 1,
  summary: 'joins bytes',
  inputs: {parts: ['file']},
  output: 'file',
  options: z.strictObject({}),
  tools: [],
  async run({inputs, output}) {
    await writeFile(output, Buffer.concat(await Promise.all(inputs.parts.map((path) => readFile(path)))))
  },
})

const abort = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => abort.abort(new Error(name)))

try {
  const store = await Store.open(storeDirectory)
  await using _held = await store.hold()
  const plan = new PlanBuilder(0)
  const parts = Array.from({length: 40}, (_, byte) => plan.add(piece, {}, {byte}, `piece ${byte}`))
  const {step} = plan.add(whole, {parts}, {}, 'whole')
  const finished = plan.finish([{name: 'whole', alias: 'latest', role: 'test', image: 'x', arch: 'amd64', step}])
  const options = {store, emit: () => {}, signal: abort.signal}
  const records = await runPlan(finished, {...options, toolbox: new Toolbox(), kinds: plan.kinds, logs: out, jobs: 4})
  const [artifact] = await exportArtifacts(finished.artifacts, records, {...options, out, facts: new Map()})
  console.log(artifact?.sha256)
} catch (error) {
  if (!abort.signal.aborted) throw error
  process.exitCode = 130
}
