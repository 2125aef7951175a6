import * as z from 'zod/mini'
import {filledIn, notEmpty, oneHost, textThat} from './text.ts'

const hosts = (description: string) =>
  z.optional(z.array(textThat(notEmpty, filledIn, oneHost)).check(z.meta({description})))

/** How the clock is set: the keys of cloud-init ("NTP"). */
export const NtpConfig = z.lazy(() =>
  z.strictObject({
    enabled: z.optional(z.boolean().check(z.meta({description: 'Whether time servers set the clock. Default: true.'}))),
    servers: hosts('Time servers.'),
    pools: hosts('Names that stand for several time servers each.'),
    ntp_client: z.optional(
      textThat([
        (name) => /^(?:auto|chrony|connman)?$/.test(name),
        'must be auto, chrony or connman',
        'Leave it out: chrony sets the clock where the image has it, and connman elsewhere.',
      ]).check(
        z.meta({description: 'Program that sets the clock. Default: chrony if the image has it, else connman.'}),
      ),
    ),
  }),
)
export type NtpConfig = z.output<typeof NtpConfig>
