import * as z from 'zod/mini'
import {areLabels, reservedLabelHint} from './labels.ts'
import {textThat} from './text.ts'

const argument = textThat(
  [
    (item) => !/^--?[\w-]+\s+\S/.test(item),
    'holds a flag and its value in one item',
    'Join them with "=", or write two items: the list goes to the process as it is, without a shell.',
  ],
  [
    (item) => !/\$\([^)]*\)|`[^`]+`/.test(item),
    'holds a command that no shell runs here',
    'Write the value itself, or have boot_cmd write it to the config.yaml of the process, below /etc/rancher.',
  ],
)

/** Arguments of k3s or rke2, exec-style: one item, one argument. Of the first, the words count. */
export const kubernetesArgs = (description: string) =>
  z.optional(
    z.array(argument).check(
      z.meta({description}),
      z.refine((args) => !isCommandLine(args[0]), {
        error: 'must be a list of arguments, not one text',
        params: {hint: 'Write one item for each argument, each after "- ".'},
        abort: true,
      }),
      z.refine((args) => args.length === 0 || args[0] === 'server' || args[0] === 'agent', {
        error: 'must begin with "server" or "agent"',
        params: {hint: 'Add "server" or "agent" as the first item.'},
      }),
      z.superRefine((args, {issues}) => {
        args.forEach((item, index) => {
          if (isRefusedLabel(args, index))
            issues.push({
              code: 'custom',
              input: item,
              path: [index],
              message: 'is a label with which the kubelet does not start: it is left out',
              params: {hint: reservedLabelHint},
              continue: true,
            })
          if (isBareFlag(args, index))
            issues.push({
              code: 'custom',
              input: item,
              path: [index],
              message: 'is a flag without its dashes',
              params: {hint: 'Begin it with "--".'},
              continue: true,
            })
        })
      }),
    ),
  )

/** A label that the kubelet does not start with, as `--node-label=KEY=VALUE` or in the item after `--node-label`. */
export function isRefusedLabel(args: readonly string[], index: number): boolean {
  const item = args[index] ?? ''
  const label =
    /^--?node-label=(.*)$/s.exec(item)?.[1] ?? (/^--?node-label$/.test(args[index - 1] ?? '') ? item : undefined)
  return label !== undefined && !areLabels(label)
}

const isCommandLine = (item: string | undefined): boolean => item !== undefined && /^(?:server|agent)\s/.test(item)

/** `disable=traefik`, `write-kubeconfig-mode`: an item that can be no value, since no flag before it waits for one. */
function isBareFlag(args: readonly string[], index: number): boolean {
  const [item, before] = [args[index] ?? '', args[index - 1] ?? '']
  if (index === 0 || item.startsWith('-')) return false
  const waitsForValue = before.startsWith('-') && !before.includes('=')
  return !waitsForValue && /^[a-z]+(?:-[a-z]+)+(?:=|$)|^[a-z]+=/.test(item)
}
