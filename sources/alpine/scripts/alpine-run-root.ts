import * as z from 'zod'
import {defineStep} from '#engine'
import {newuidmap, treeTools} from '#tools'
import {makeRoot} from '../install/make-root.ts'
import {knownScripts} from './run-scripts.ts'
import {sandboxedScripts} from './script-sandbox.ts'

/**
 * Builds a configured root and runs unknown scripts in a sandbox.
 *
 * It is a separate kind of step because other roots need no tools.
 */
export const alpineRunRoot = defineStep({
  kind: 'alpine-run-root',
  revision: 1,
  summary: 'installs Alpine packages and runs their scripts',
  inputs: {archives: ['file']},
  output: 'tree',
  options: z.strictObject({
    /** Alpine's name of the architecture. */
    arch: z.string(),
    /** Packages in the order of installation, as `name-version`. */
    labels: z.array(z.string()),
  }),
  tools: treeTools,
  userTools: [newuidmap],
  async run({inputs: {archives}, options: {arch, labels}, ...context}) {
    const {epoch} = context
    const runScript = knownScripts({epoch, otherwise: sandboxedScripts({...context, arch})})
    await makeRoot({...context, archives, arch, labels, runScript})
  },
})
