import {readFileSync} from 'node:fs'
import {Args, Flags} from '@oclif/core'
import {type CanonicalMatch, HaosError, redactWords} from '#dsl'
import {Toolbox} from '#engine'
import {splitKernelArguments} from '#formats'
import {describeMedium, type MediumDescription, remaster} from '#media'
import {readNodesFile, readOneConfig, showConfig} from '#runtime'
import {BaseCommand} from '../base-command.ts'
import {encodeNodes} from '../encode-nodes.ts'
import {parseIdentity} from '../identity-flag.ts'
import {loadNodes} from '../load-nodes.ts'
import type {Seal} from '../seal-nodes.ts'

const wordsFlag = (description: string) =>
  Flags.string({description, multiple: true, multipleNonGreedy: true, helpValue: 'WORDS'})

export default class Remaster extends BaseCommand {
  static override summary = 'Change kernel arguments, menu, config and files of a finished medium.'
  static override description =
    'IN is an ISO, a disk (raw, qcow2, vmdk, vhd), an initrd that contains the system, or the directory that `pxe` has made. Without OUT, IN itself is ' +
    'changed. ISOs of haos-build reserve space for arguments, menu and config: changing those takes milliseconds. Files, and ISOs ' +
    'of k3OS and its descendants, need xorriso; all boot images are kept. --reset restores the original, except on disks. If anything fails, IN stays unchanged.'
  static override examples = [
    {
      description: 'An ISO that installs by itself, with its config',
      command:
        "<%= config.bin %> remaster haos.iso node1.iso --append 'haos.install.silent haos.install.device=/dev/sda' --menu-default 1 --config node1.yaml",
    },
    {
      description: 'A disk image for one node',
      command: '<%= config.bin %> remaster haos.qcow2 node1.qcow2 --config node1.yaml',
    },
    {description: 'Configs for many nodes on one ISO', command: '<%= config.bin %> remaster haos.iso --nodes nodes/'},
    {description: 'What it boots now', command: '<%= config.bin %> remaster haos.iso --show'},
    {description: 'Restore the original', command: '<%= config.bin %> remaster haos.iso --reset'},
  ]
  static override args = {
    in: Args.string({ignoreStdin: true, description: 'ISO, disk, initrd or network boot directory.', required: true}),
    out: Args.string({ignoreStdin: true, description: 'The changed medium. Default: change IN itself.'}),
  }
  static override flags = {
    append: wordsFlag("Kernel arguments to add, such as 'haos.mode=install quiet'. Repeatable."),
    remove: wordsFlag('Kernel arguments to remove: key=value, or a key with any value. Repeatable.'),
    replace: wordsFlag('Kernel arguments that replace those with the same key. Repeatable.'),
    entry: Flags.integer({
      description: 'Menu entry whose arguments to change, from 0. Repeatable. Default: all.',
      min: 0,
      multiple: true,
      multipleNonGreedy: true,
    }),
    config: Flags.string({description: 'The config.yaml for the node. It is checked first.'}),
    nodes: Flags.string({
      description:
        'Configs for many nodes, each for the machine that it names: a file or a directory. It replaces those on the medium.',
      helpValue: 'DIR|FILE',
    }),
    'seal-to': Flags.string({
      description: 'Encrypt the configs of --nodes for this public key of age. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'age1…',
      dependsOn: ['nodes'],
    }),
    'seal-passphrase-file': Flags.string({
      description: 'Encrypt the configs of --nodes with the passphrase in the first line of this file.',
      helpValue: 'FILE',
      dependsOn: ['nodes'],
    }),
    'menu-default': Flags.integer({description: 'Menu entry that starts by default, from 0.', min: 0}),
    timeout: Flags.integer({description: 'Seconds until the default entry starts.', min: 0, max: 3600}),
    file: Flags.string({
      description: 'File or directory to add, as SRC=/DEST. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'SRC=DEST',
    }),
    reset: Flags.boolean({description: 'First restore the original arguments, menu and config.'}),
    show: Flags.boolean({description: 'Show what IN boots and its config, without secrets.'}),
  }

  async run() {
    const {args, flags} = await this.parse(Remaster)
    const tools = {toolbox: new Toolbox(), signal: this.signal}
    const entries = flags.entry
    const {append, remove, replace, file: files = []} = flags
    const words = {append: splitWords(append), remove: splitWords(remove), replace: splitWords(replace)}
    const changesArguments = Object.values(words).some((list) => list.length > 0)
    const product = async () => (await describeMedium(args.in, tools)).product ?? 'haos'
    const changes = {
      ...(changesArguments && {arguments: {...words, entries}}),
      menuDefault: flags['menu-default'],
      timeoutSeconds: flags.timeout,
      ...(flags.config !== undefined && {
        config: readConfig(flags.config, await product()),
      }),
      ...(flags.nodes !== undefined && {
        nodes: await encodeNodes(
          loadNodes(flags.nodes, parseIdentity(await product())),
          sealOf(flags['seal-to'], flags['seal-passphrase-file']),
        ),
      }),
      files: files.map(parseFile),
      reset: flags.reset,
    }
    const wanted = [changesArguments, flags['menu-default'] !== undefined, flags.timeout !== undefined]
    const isConfig = flags.config !== undefined || flags.nodes !== undefined
    const isChange = wanted.includes(true) || isConfig || files.length > 0 || flags.reset
    if (!isChange && (!flags.show || args.out !== undefined)) {
      throw new HaosError('USAGE_INVALID', 'no change was requested', {
        hint: flags.show
          ? 'Leave out the second name to see the current state, or add a change, such as --append haos.mode=install.'
          : 'Add a change, such as --append haos.mode=install, or --show to see the current state.',
      })
    }
    if (entries !== undefined && !changesArguments) {
      throw new HaosError('USAGE_INVALID', '--entry limits no requested change', {
        hint: 'Combine it with --append, --remove or --replace; --menu-default chooses the entry that starts by default.',
        at: '--entry',
      })
    }
    const description = isChange
      ? await remaster({input: args.in, output: args.out, changes, ...tools})
      : await describeMedium(args.in, tools)
    const file = args.out ?? args.in
    const shown = withoutSecrets(description, file)
    if (!this.jsonEnabled()) process.stdout.write(flags.show ? renderMedium(file, shown) : `✓ ${file}\n`)
    return {type: 'result' as const, file, ...shown}
  }
}

/** Splits into words as the kernel does. Quotation marks may only enclose a whole word or its value. */
function splitWords(texts: readonly string[] = []): string[] {
  for (const text of texts) {
    if (/^(?:\s*(?:[^\s"]+|(?:[^\s"=]+=)?"[^"]*")(?=\s|$))*\s*$/.test(text)) continue
    throw new HaosError('USAGE_INVALID', `the boot loader would change the quotation marks in ${text}`, {
      hint: 'Put them around a whole word or its value, as in haos.labels.a="b c", or set the value in a config (--config).',
    })
  }
  return texts.flatMap(splitKernelArguments)
}

function parseFile(text: string): {from: string; to: string} {
  const equals = text.lastIndexOf('=')
  if (equals > 0) return {from: text.slice(0, equals), to: text.slice(equals + 1)}
  throw new HaosError('USAGE_INVALID', `"${text}" does not say where the file goes`, {
    hint: 'Write it as SRC=/DEST, such as --file manifest.yaml=/extra/manifest.yaml.',
    at: '--file',
  })
}

/** Who can read the configs of nodes; undefined if everybody can. */
function sealOf(recipients: readonly string[] = [], passphraseFile: string | undefined): Seal | undefined {
  if (recipients.length === 0 && passphraseFile === undefined) return undefined
  if (passphraseFile === undefined) return {recipients}
  const [passphrase = ''] = readGiven(passphraseFile).toString().split(/\r?\n/, 1)
  if (passphrase.trim() === passphrase && passphrase.length >= 8) return {recipients, passphrase}
  throw new HaosError('USAGE_INVALID', `the first line of ${passphraseFile} is no passphrase`, {
    hint: 'Write at least 8 characters, better five random words, without blanks around them.',
    at: '--seal-passphrase-file',
  })
}

function readGiven(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new HaosError('CONFIG_INVALID', `${path} cannot be read`, {hint: 'Check the path of the file.', cause})
  }
}

/** Reads a config as the node would. Fails with CONFIG_INVALID and all of its problems. */
function readConfig(path: string, product: string): Uint8Array {
  const bytes = readGiven(path)
  const {problems} = readOneConfig(path, bytes, parseIdentity(product))
  if (problems.length === 0) return bytes
  throw new HaosError(
    'CONFIG_INVALID',
    `${path} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
    {
      at: path,
      problems: problems.map(({path: at, line, message, hint}) => ({
        path: line === undefined ? at : `line ${line}, ${at}`,
        message,
        hint,
      })),
      hint: 'Fix them; `haos-build config validate` shows them again.',
    },
  )
}

/** A medium as it is shown: without secrets, with the nodes by name. */
type ShownMedium = Omit<MediumDescription, 'nodes'> & NodesOfMedium

const withoutSecrets = ({nodes, ...medium}: MediumDescription, file: string): ShownMedium => ({
  ...medium,
  ...nodesOf(nodes, file),
  entries: medium.entries.map((entry) => ({...entry, arguments: redactWords(entry.arguments)})),
  config: medium.config && showConfig(medium.config, parseIdentity(medium.product ?? 'haos')),
})

interface NodeOfMedium {
  readonly name: string
  readonly match: CanonicalMatch
}

interface NodesOfMedium {
  readonly nodes: readonly NodeOfMedium[]
  /** What opens their configs; missing if everybody can read them. */
  readonly sealed?: 'key' | 'passphrase'
}

function nodesOf(bytes: Uint8Array | undefined, file: string): NodesOfMedium {
  if (bytes === undefined || bytes.length === 0) return {nodes: []}
  try {
    const {nodes, seal} = readNodesFile(bytes)
    return {nodes, ...(seal && {sealed: seal.identity === undefined ? 'key' : 'passphrase'})}
  } catch (cause) {
    throw new HaosError('ARTIFACT_INVALID', `the nodes of ${file} cannot be read`, {
      hint: 'Write them again with --nodes, or start from the original.',
      at: file,
      cause,
    })
  }
}

const renderMatch = (match: CanonicalMatch): string =>
  Object.entries(match)
    .map(([key, values]) => `${key} ${values.join(' or ')}`)
    .join(', ')

function renderMedium(file: string, medium: ShownMedium): string {
  const {volume, kind, changed, default: chosen, timeoutSeconds, entries, config, nodes, sealed} = medium
  const states = {true: 'changed', false: 'not changed', undefined: 'cannot be reset'} as const
  const menu = [
    `menu: entry ${chosen ?? 'of the menu’s own choice'} after ${timeoutSeconds ?? '?'} s`,
    ...entries.flatMap(({title, arguments: words}, index) => [`  ${index}  ${title}`, `     ${words.join(' ')}`]),
  ]
  const lines = [
    `${file}: ${[kindNames[kind], volume].filter(Boolean).join(' ')}, ${states[`${changed}`]}`,
    ...(entries.length === 0 ? [] : menu),
    config === undefined || config === '' ? 'config: none' : `config:\n${config.trimEnd().replaceAll(/^/gm, '  ')}`,
    ...(nodes.length === 0 ? [] : [`nodes: ${nodes.length}${sealed === undefined ? '' : `, sealed with a ${sealed}`}`]),
    ...nodes.map(({name, match}) => `  ${name}: ${renderMatch(match)}`),
  ]
  return `${lines.join('\n')}\n`
}

const kindNames = {iso: 'ISO', disk: 'disk', initrd: 'initrd', pxe: 'network boot directory'} as const
