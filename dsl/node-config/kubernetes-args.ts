import * as z from 'zod/mini'
import {areLabels, reservedLabelHint} from './labels.ts'
import {textThat, withoutVariables} from './text.ts'

const argument = textThat(
  [
    (item) => !/\$\([^)]*\)|`[^`]+`/.test(item),
    'contains a command, which no shell runs here',
    "Write the value itself, or have boot_cmd write it to the process's config.yaml, below /etc/rancher.",
  ],
  withoutVariables,
)

/** Arguments of k3s or rke2, exec-style: one item, one argument. The first item is split into words. */
export const kubernetesArgs = (description: string) =>
  z.optional(
    z.array(argument).check(
      z.meta({description}),
      z.refine((args) => !isCommandLine(args[0]), {
        error: 'is one text instead of a list of arguments: it is split at its spaces',
        params: {hint: 'Write one item for each argument, each after "- ".', isApplied: true},
        abort: true,
      }),
      z.refine((args) => args.length === 0 || args[0] === 'server' || args[0] === 'agent', {
        error: 'does not begin with "server" or "agent": it is agent on a node with a server_url, otherwise server',
        params: {hint: 'Add "server" or "agent" as the first item.', isApplied: true},
      }),
      z.superRefine((args, {issues}) => {
        args.forEach((item, index) => {
          if (/^--?[\w-]+\s+\S/.test(item))
            issues.push({
              code: 'custom',
              input: item,
              path: [index],
              message: `holds a flag and its value in one item${index === 0 ? ': it is split at its spaces' : ''}`,
              params: {
                hint: 'Join them with "=", or write two items: no shell splits them.',
                isApplied: index === 0,
              },
              continue: true,
            })
          if (isRefusedLabel(args, index))
            issues.push({
              code: 'custom',
              input: item,
              path: [index],
              message: 'is a label that would prevent the kubelet from starting, so it is ignored',
              params: {hint: reservedLabelHint, isApplied: true},
              continue: true,
            })
          if (isBareFlag(args, index))
            issues.push({
              code: 'custom',
              input: item,
              path: [index],
              message: 'looks like a flag without its dashes: it is passed on unchanged',
              params: {hint: 'Begin it with "--".', isApplied: true},
              continue: true,
            })
        })
      }),
    ),
  )

/** Whether an item is a label that prevents the kubelet from starting: `--node-label=KEY=VALUE`, or the item after `--node-label`. */
export function isRefusedLabel(args: readonly string[], index: number): boolean {
  const item = args[index] ?? ''
  const label =
    /^--?node-label=(.*)$/s.exec(item)?.[1] ?? (/^--?node-label$/.test(args[index - 1] ?? '') ? item : undefined)
  return label !== undefined && !areLabels(label)
}

const isCommandLine = (item: string | undefined): boolean => item !== undefined && /^(?:server|agent)\s/.test(item)

/** `disable=traefik`, `write-kubeconfig-mode`: an item that cannot be a value, since no flag before it takes one. */
function isBareFlag(args: readonly string[], index: number): boolean {
  const [item, before] = [args[index] ?? '', args[index - 1] ?? '']
  if (index === 0 || item.startsWith('-')) return false
  const waitsForValue = before.startsWith('-') && !before.includes('=')
  return !waitsForValue && /^[a-z]+(?:-[a-z]+)+(?:=|$)|^[a-z]+=/.test(item)
}
