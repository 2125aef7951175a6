import type {Identity, NodeConfig} from '#dsl'

export type InstallSettings = NonNullable<NodeConfig['node']['install']>

/** The flags of the command. */
export interface InstallFlags {
  readonly settings: InstallSettings
  readonly dryRun: boolean
  /** A console in install mode has started it, not a person. */
  readonly onConsole: boolean
  /**
   * The device is the running root of another system, which is deleted at the next boot; afterwards, the machine does
   * this.
   */
  readonly takeover: 'poweroff' | 'reboot' | undefined
  /** Neither power off nor reboot afterwards: the caller does. */
  readonly stay: boolean
}

const switches = ['silent', 'force_efi', 'no_format', 'debug', 'power_off', 'require_node'] as const
const values = ['device', 'config_url', 'node_key', 'iso_url', 'tty', 'partition_table'] as const

/** Lines of the help, in addition to the keys of the config. */
export const installHelp = (
  name: string,
): string => `       ${name} install [OPTION…]        install to a disk; asks for missing values
         --device DISK           a device, serial=…, model=…, size>=100G, smallest or largest
         --config-url URL        config.yaml of the installed system
         --silent --force-efi --no-format --debug --power-off --tty TTY --partition-table gpt|msdos
         --node-key URL          age key, or its path, for the sealed configs of nodes
         --require-node          only if one of the nodes of the medium is for this machine
         --stay                  neither reboot nor power off afterwards
         --dry-run               show what would be done`

/** Parses the flags of `install`. Throws an Error that names a wrong one. */
export function parseInstallFlags(argv: readonly string[]): InstallFlags {
  const settings: Record<string, string | boolean> = {}
  let dryRun = false
  let onConsole = false
  let takeover: InstallFlags['takeover']
  let stay = false
  for (let at = 0; at < argv.length; at++) {
    const [, flag = '', given] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argv[at] ?? '') ?? []
    const key = flag.replaceAll('-', '_')
    if (flag === 'dry-run') dryRun = true
    else if (flag === 'on-console') onConsole = true
    else if (flag === 'stay') stay = true
    else if (flag === 'takeover') {
      if (given !== 'poweroff' && given !== 'reboot') throw new Error('--takeover must be poweroff or reboot')
      takeover = given
    } else if (switches.some((name) => name === key)) settings[key] = true
    else if (values.some((name) => name === key)) {
      const value = given ?? argv[++at]
      if (value === undefined) throw new Error(`--${flag} needs a value`)
      if (settings[key] !== undefined) throw new Error(`--${flag} is given twice`)
      settings[key] = value
    } else throw new Error(`there is no option ${argv[at]}`)
  }
  return {settings, dryRun, onConsole, takeover, stay}
}

/** Flags win over the config. */
export const mergeSettings = (config: NodeConfig, flags: InstallFlags): InstallSettings => ({
  ...config.node.install,
  ...flags.settings,
})

/** The installed system's config: everything except how to install. */
export const withoutInstall = ({node: {install: _, ...node}, ...top}: NodeConfig): NodeConfig => ({...top, node})

/** Why this system cannot be installed from here, or nothing. */
export const whyNotHere = (mode: string, {name}: Identity): string | undefined =>
  mode === 'live' || mode === 'install' || mode === ''
    ? undefined
    : `this system is installed already: boot the medium to use "${name} install"`
