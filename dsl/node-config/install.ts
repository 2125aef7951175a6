import * as z from 'zod/mini'
import {filledIn, oneLine, textThat} from './text.ts'

const flag = (description: string) => z.optional(z.boolean().check(z.meta({description})))

const addressOrPath = [
  (text: string) => text === '' || /^(?:https?:\/\/[^\s/]|file:\/\/\/|\/)\S*$/.test(text),
  'must be a URL or an absolute path',
  'Begin it with "https://" or "/".',
] as const

const location = (description: string) => z.optional(textThat(filledIn, addressOrPath).check(z.meta({description})))

const deviceForms = /^(?:\/dev\/\S+|(?:serial|model)=\S.*|size>=\d+(?:\.\d+)?\s*[KMGT]?(?:i?B)?|smallest|largest)$/i

/** Options of unattended installations. */
export const InstallConfig = z.lazy(() =>
  z.strictObject({
    device: z.optional(
      textThat(filledIn, [
        (device) => device === '' || deviceForms.test(device),
        'must be a device or a description of one',
        'Write /dev/sda, /dev/disk/by-id/…, serial=…, model=…, size>=100G, smallest or largest.',
      ]).check(
        z.meta({
          description:
            'Disk to partition and format: a device, or `serial=…`, `model=…`, `size>=…`, `smallest`, `largest`. With `no_format`, the partition to use.',
          examples: [
            '/dev/sda',
            '/dev/disk/by-id/nvme-eui.0025385b91b0a3c1',
            'serial=S4EWNX0N',
            'size>=100G',
            'smallest',
          ],
        }),
      ),
    ),
    config_url: location("URL or path of the installed system's config.yaml."),
    iso_url: location('ISO to install from when the machine was not booted from it.'),
    silent: flag('Ask no question.'),
    force_efi: flag('Install for EFI even if this machine was not booted by it.'),
    no_format: flag('Use the existing partitions.'),
    node_key: location(
      'URL or path of the age key that opens the sealed configs of nodes. The installed system does not get it.',
    ),
    require_node: flag('Install only if one of the nodes of the medium is for this machine.'),
    power_off: flag('Power the machine off afterwards, instead of rebooting.'),
    partition_table: z.optional(
      textThat([(table) => /^(?:gpt|msdos)?$/.test(table), 'must be gpt or msdos', 'Leave it out to get GPT.']).check(
        z.meta({
          description: 'Partition table of the disk. Default: `gpt`; `msdos` is for firmware that boots nothing else.',
        }),
      ),
    ),
    debug: flag('Be verbose while installing, and make the installed system verbose.'),
    tty: z.optional(
      textThat(oneLine, [
        (tty) => /^(?:(?:\/dev\/)?[A-Za-z0-9]+(?:,\S*)?)?$/.test(tty),
        'must be a terminal, such as ttyS0',
        'Leave it out to use the console of the running kernel.',
      ]).check(z.meta({description: 'Terminal that the installed system uses as its console.', examples: ['ttyS0']})),
    ),
  }),
)
export type InstallConfig = z.output<typeof InstallConfig>
