import * as z from 'zod'
import {AlpineScripts} from '#dsl'
import {defineStep} from '#engine'
import {knownScripts} from '../scripts/run-scripts.ts'
import {makeRoot} from './make-root.ts'

/** Builds a configured root from exactly the given packages, for any architecture and without root privileges. */
export const alpineRoot = defineStep({
  kind: 'alpine-root',
  revision: 1,
  summary: 'installs Alpine packages',
  inputs: {archives: ['file']},
  output: 'tree',
  options: z.strictObject({
    /** Alpine's name of the architecture. */
    arch: z.string(),
    /** Packages in the order of installation, as `name-version`. */
    labels: z.array(z.string()),
    scripts: AlpineScripts.exclude(['run']),
  }),
  tools: [],
  async run({inputs: {archives}, options: {arch, labels, scripts}, ...context}) {
    const runScript = scripts === 'skip' ? undefined : knownScripts(context)
    await makeRoot({...context, archives, arch, labels, runScript})
  },
})
