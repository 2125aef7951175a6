import {type Arch, HaosError, type ImageSpec, type Problem} from '#dsl'
import {commandLineBytes, commandLineLimit, diskCommandLines, grubCommandLine, ipxeCommandLine} from '#layout'

/** A kernel command line, and the part of the recipe that makes it. */
interface CommandLine {
  readonly at: string
  /** The boot loader or menu entry that passes it. */
  readonly giver: string
  readonly line: string
}

/**
 * Makes sure that the kernel gets all of its arguments from every boot loader: it silently truncates a command line that is too long.
 *
 * `cmdline` are the arguments of every boot. Fails with RECIPE_INVALID, naming every menu entry that is too long, with its size.
 */
export function checkCommandLines(spec: ImageSpec, arch: Arch, cmdline: readonly string[]): void {
  const limit = commandLineLimit[arch]
  const problems = commandLinesOf(spec, cmdline).flatMap(({at, giver, line}): Problem[] => {
    const bytes = commandLineBytes(line)
    if (bytes <= limit) return []
    return [
      {
        path: at,
        message: `makes ${giver} pass a command line of ${bytes} bytes to the kernel; the limit is ${limit}`,
        hint: 'Shorten the arguments, or move settings of the node into its `config`.',
      },
    ]
  })
  if (problems.length === 0) return
  throw new HaosError('RECIPE_INVALID', 'the recipe has command lines that are too long for a kernel', {
    problems,
    hint: 'Shorten `boot.cmdline`, `boot.entries` or `kernelArgument()`: the end would be cut off silently.',
  })
}

function commandLinesOf({identity, boot}: ImageSpec, cmdline: readonly string[]): CommandLine[] {
  const consoles = cmdline.filter((word) => word.startsWith('console='))
  const settings = {cmdline: [...cmdline], timeoutSeconds: boot.timeoutSeconds}
  // The kernel version and the id of the medium are not known yet. These placeholders have their lengths.
  const kernel = `${identity.systemDir}/kernel/6.12.48+deb13-cloud-amd64/vmlinuz`
  const medium = `${identity.cmdlinePrefix}medium=00000000-0000-0000-0000-000000000000`
  return [
    ...boot.entries.flatMap(({arguments: own}, index): CommandLine[] => {
      const [at, words] = [`boot.entries[${index}]`, [...cmdline, ...own]]
      return [
        {at, giver: 'the ISO', line: grubCommandLine(kernel, [...words, medium])},
        {at, giver: 'iPXE', line: ipxeCommandLine(words)},
      ]
    }),
    ...diskCommandLines({identity, boot: settings, consoles, debug: false}).map(({label, line}) => ({
      at: 'boot.cmdline',
      giver: `the entry "${label}" of an installed disk`,
      line,
    })),
  ]
}
