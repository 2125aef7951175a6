import packageJson from '../package.json' with {type: 'json'}
import {type CommandData, type FlagData, loadCommands} from './command-data.ts'

/** Renders haos-build(1) from oclif's data about the commands, with the macros of man(7). */
export async function manualPage(): Promise<string> {
  const {commands, common} = await loadCommands()
  const {name, version, description} = packageJson
  const lines = [
    // No date: that of a release would differ from the one of its last change.
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}"`,
    ...heading('NAME'),
    `${text(name)} \\- build operating\\-system images for Kubernetes nodes`,
    ...heading('SYNOPSIS'),
    `.B ${text(name)}`,
    text('COMMAND [ARGUMENT…] [--FLAG…]'),
    ...heading('DESCRIPTION'),
    ...paragraph(
      `${description}. The recipe is haos.build.ts in the current directory, and haos.lock.json pins its packages.`,
    ),
    ...paragraph('docs/ of the package explains recipes, outputs and installation.'),
    ...heading('COMMANDS'),
    ...commands.flatMap(command),
    ...heading('OPTIONS'),
    'Every command has these:',
    ...common.flatMap(flag),
    ...heading('ENVIRONMENT'),
    ...item(
      'HAOS_BUILD_STORE',
      'Directory of packages and results. Default: haos-build/store below $XDG_CACHE_HOME or ~/.cache.',
    ),
    ...item('NO_COLOR', 'Print no colours.'),
    ...heading('FILES'),
    ...item('haos.build.ts', 'The recipe.'),
    ...item('haos.lock.json', 'The pinned packages; it belongs into version control.'),
    ...item('out/', 'Finished files, with a manifest for each and SHA256SUMS.'),
    ...heading('EXIT STATUS'),
    ...statuses.flatMap(([status, meaning]) => item(status, meaning)),
  ]
  // The first paragraph of a section needs no macro.
  const tidy = lines.filter((line, index) => line !== '.PP' || !/^\.S[HS] /.test(lines[index - 1] ?? ''))
  return `${tidy.join('\n')}\n`
}

const statuses = [
  ['0', 'Done.'],
  ['1', 'A bug in haos-build.'],
  ['2', 'The request is wrong: recipe, config or flags.'],
  ['3', 'An input is wrong: lock file, packages or downloads.'],
  ['4', 'This machine lacks something: tools, disk or a virtual machine.'],
  ['130', 'Interrupted.'],
] as const

const command = ({name, words, summary, description, args, flags, examples}: CommandData): string[] => [
  `.SS "${text([name, ...words].join(' '))}"`,
  ...[summary, description].flatMap((part) => (part === undefined ? [] : paragraph(part))),
  ...args.flatMap((arg) => item(arg.name, arg.description)),
  ...flags.flatMap(flag),
  ...examples.flatMap((example) => [
    ...(example.description === undefined ? ['.PP'] : paragraph(`${example.description}:`)),
    ...['.RS 4', '.EX', text(example.command), '.EE', '.RE'],
  ]),
]

function flag({name, char, value, fallback, summary}: FlagData): string[] {
  const shown = value === undefined ? '' : ` ${[value].flat().join('|')}`
  const names = [...(char === undefined ? [] : [`-${char}`]), `--${name}${shown}`].join(', ')
  const isTold = fallback === undefined || summary.includes('Default')
  return item(names, isTold ? summary : `${summary} Default: ${fallback}.`)
}

const heading = (title: string): string[] => [`.SH ${title}`]

const paragraph = (words: string): string[] => ['.PP', ...wrapped(words)]

const item = (term: string, words: string): string[] => ['.TP', `.B ${text(term)}`, ...wrapped(words)]

/** Lines of at most 72 characters, each sentence on its own: roff(7) sets the space after one by the end of its line. */
const wrapped = (words: string): string[] =>
  words.split(/(?<=[.:]) /).flatMap((sentence) => {
    const lines: string[] = []
    for (const word of sentence.split(' ')) {
      const line = lines.at(-1)
      if (line === undefined || `${line} ${word}`.length > 72) lines.push(word)
      else lines[lines.length - 1] = `${line} ${word}`
    }
    return lines.map(text)
  })

/** Escapes what roff reads as a command: backslashes, and dots and quotes at the beginning of a line. Hyphens stay copyable. */
const text = (words: string): string =>
  words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '\\&...')
    .replaceAll(/^[.']/gm, '\\&$&')
