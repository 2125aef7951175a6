import * as z from 'zod/mini'
import {textThat} from './text.ts'

/** How a new version has to prove itself after an upgrade. */
const TrialConfig = z.lazy(() =>
  z.strictObject({
    boots: z.optional(
      textThat([(text) => /^[1-9]?$/.test(text), 'must be a number from 1 to 9', 'Leave it out to get 3.']).check(
        z.meta({description: 'Boots that a new version has before the previous one returns, 1 to 9. Default: 3.'}),
      ),
    ),
    minutes: z.optional(
      textThat([
        (text) => /^(?:[1-9]\d{0,2}|1000)?$/.test(text),
        'must be a number of minutes from 1 to 1000',
        'Leave it out to get 15.',
      ]).check(
        z.meta({
          description: 'Minutes after the start of the kernel in which a new version must be healthy. Default: 15.',
        }),
      ),
    ),
    kubernetes: z.optional(
      z.boolean().check(
        z.meta({
          description: 'Whether a new version is healthy only once Kubernetes is ready. Default: true.',
        }),
      ),
    ),
  }),
)

/** How this node is upgraded. */
export const UpgradeConfig = z.lazy(() =>
  z.strictObject({
    trial: z.optional(TrialConfig.check(z.meta({description: 'How a new version proves itself.'}))),
  }),
)
export type UpgradeConfig = z.output<typeof UpgradeConfig>
