import {styleText} from 'node:util'
import {HaosError, z} from '#dsl'
import {printable} from './printable.ts'

/** An error as a person reads it: what, where, why, what next. */
export function renderError(error: unknown, version: string): string {
  if (!(error instanceof HaosError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return `${red('✗')} this is a bug in haos-build ${version}; please report it with this output:\n${indent(printable(stack))}\n`
  }
  const {at, recipe, problems, output, log, command, hint, cause} = error.details
  const emphasis = error.code === 'PACKAGE_DOWNGRADED' ? red : (text: string) => text
  const rows: [string, string | undefined][] = [
    ['recipe', recipe],
    ['at', at],
    ['cause', output === undefined ? causeText(cause) : undefined],
  ]
  return [
    `${red('✗')} ${printable(error.message)}  ${dim(error.code)}`,
    ...rows.flatMap(([name, value]) => (value === undefined ? [] : [row(name, value)])),
    ...(problems ?? []).flatMap((problem) => [
      `  ${red('•')} ${problem.path === '' ? '' : `${bold(printable(problem.path))} `}${emphasis(printable(problem.message))}`,
      ...(problem.hint === undefined ? [] : [`    ${dim('→')} ${printable(problem.hint)}`]),
    ]),
    ...(output === undefined || output === '' ? [] : [row('output', `\n${indent(output)}`)]),
    row('hint', hint),
    ...(log === undefined ? [] : [row('log', log)]),
    ...(command === undefined ? [] : [row('repeat', command)]),
    '',
  ].join('\n')
}

const row = (name: string, value: string): string => `  ${dim(name.padEnd(6))} ${printable(value)}`
const indent = (text: string): string => text.replace(/^/gm, '    ')

/** What a cause says, in words; undefined if there is none. */
export function causeText(cause: unknown): string | undefined {
  if (cause === undefined) return undefined
  // zod's own message is all of its issues as JSON.
  if (cause instanceof z.core.$ZodError)
    return cause.issues.map(({path, message}) => `${path.join('.')} ${message}`.trimStart()).join('; ')
  return cause instanceof Error ? cause.message : String(cause)
}

// styleText looks at NO_COLOR and at whether the stream is a terminal.
const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
  styleText(format, text, {stream: process.stderr})
const red = style('red')
const dim = style('dim')
const bold = style('bold')
