import * as z from 'zod/mini'
import {filledIn, type TextRule, textThat} from './text.ts'

const size: TextRule = [
  (text) => /^(?:\d+(?:\.\d+)?\s*[KMGT]?(?:i?B)?)?$/i.test(text) && !/^[0.]*$/.test(text.replace(/\D+$/, '') || '1'),
  'must be a size',
  'Write it as "512M" or "2G", which are powers of 1024.',
]

const sizeOrShare: TextRule = [
  (text) => /^[1-9]\d{0,2}%$/.test(text) || size[0](text),
  'must be a size, or a share of the memory',
  'Write it as "512M" or "50%".',
]

const priority = z.optional(
  textThat([
    (text) => /^(?:\d{1,4}|[12]\d{4}|3[01]\d{3})?$/.test(text),
    'must be a number from 0 to 31999',
    'Leave it out for the default.',
  ]).check(z.meta({description: 'Priority: the kernel fills the swap with the highest one first.'})),
)

const text = (description: string, ...rules: readonly TextRule[]) =>
  z.optional(textThat(filledIn, ...rules).check(z.meta({description})))

/** Swap in a file. */
export const SwapConfig = z.lazy(() =>
  z.strictObject({
    size: text('Size of the file, such as `2G`; as much of the disk stays free. None is made without it.', size),
    filename: text('Path of the file, on a disk. Default: `swap` beside the local config.yaml.', [
      (path) =>
        path === '' || (/^(?:\/[\w.@+-]+)+$/.test(path) && !path.split('/').some((name) => /^\.\.?$/.test(name))),
      'must be an absolute path',
      'Begin it with a slash, without "." and "..".',
    ]),
    priority,
  }),
)
export type SwapConfig = z.output<typeof SwapConfig>

/** Swap in compressed memory. */
export const ZramConfig = z.lazy(() =>
  z.strictObject({
    size: text(
      'Uncompressed size, such as `512M`, or a share of the memory such as `50%`. None is made without it.',
      sizeOrShare,
    ),
    priority,
    algorithm: text('Compression, as the kernel names it. Default: that of the kernel.', [
      (name) => /^[a-z0-9-]*$/.test(name),
      'must be the name of a compression, such as zstd',
      'The kernel lists its own in /sys/block/zram0/comp_algorithm.',
    ]),
  }),
)
export type ZramConfig = z.output<typeof ZramConfig>
