import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {Toolbox} from '#engine'
import {makeToolRun} from '../../engine/toolbox/run-tool.ts'
import {alpineRunRoot} from '../../sources/alpine/scripts/alpine-run-root.ts'
import {debianRoot} from '../../sources/debian/install/debian-root.ts'

/** The packages to install: each separately, on top of common packages. */
const Order = z.strictObject({
  kind: z.enum(['debian', 'alpine']),
  base: z.array(z.strictObject({path: z.string(), label: z.string()})),
  packages: z.array(z.strictObject({path: z.string(), label: z.string()})),
  directory: z.string(),
})

/** The outcome of a package; empty if it is installed. */
export interface InstallResult {
  readonly code?: string
  readonly message?: string
  readonly output?: string
}

/*
 * A separate program, because another user runs it: install-hostile.ts ORDER RESULTS, both JSON. The last of the results is
 * the peak memory of all, in bytes.
 */
const [orderFile = '', resultFile = ''] = process.argv.slice(2)
const order = Order.parse(JSON.parse(readFileSync(orderFile, 'utf8')))
const results: InstallResult[] = []
const waiting = order.packages.entries()
const work = async () => {
  for (const [index, item] of waiting) {
    const scratch = join(order.directory, `${index}`)
    mkdirSync(scratch, {recursive: true})
    results[index] = await install([...order.base, item], scratch)
  }
}
await Promise.all([work(), work()])
writeFileSync(resultFile, JSON.stringify({results, peakBytes: process.resourceUsage().maxRSS * 1024}))

async function install(packages: typeof order.packages, scratch: string): Promise<InstallResult> {
  const context = {
    inputs: {archives: packages.map(({path}) => path)},
    output: join(scratch, 'output'),
    scratch,
    epoch: 1_750_000_000,
    signal: new AbortController().signal,
    http: {get: () => Promise.reject(new Error('no network'))},
    origins: () => [],
    sign: () => Promise.reject(new Error('nothing is signed')),
    file: () => '',
    progress: () => {},
  }
  const log = join(scratch, 'log')
  const toolFor = (tools: typeof debianRoot.tools) => makeToolRun({toolbox: new Toolbox(), tools, log, ...context})
  const labels = packages.map(({label}) => label)
  try {
    if (order.kind === 'debian') {
      const tool = toolFor(debianRoot.tools)
      await debianRoot.run({...context, options: {arch: 'amd64', labels}, tool})
    } else {
      const tool = toolFor(alpineRunRoot.tools)
      await alpineRunRoot.run({...context, options: {arch: 'x86_64', labels}, tool})
    }
    return {}
  } catch (error) {
    if (error instanceof HaosError) {
      const {output} = error.details
      return {code: error.code, message: error.message, ...(output !== undefined && {output})}
    }
    return {code: 'BUG', message: error instanceof Error ? (error.stack ?? error.message) : String(error)}
  }
}
