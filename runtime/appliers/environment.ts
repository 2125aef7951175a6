import {defineApplier, outcomeOf} from '../apply/applier.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/** Adds variables to /etc/environment, which logins (pam_env(8)) and our services read. */
export const environment = defineApplier({
  name: 'environment',
  keys: ['.environment'],
  select: (config) => (Object.keys(config.node.environment ?? {}).length > 0 ? config.node.environment : undefined),
  apply: (wanted, {host}) =>
    outcomeOf(writeIfChanged(host, '/etc/environment', mergeEnvironment(host.read('/etc/environment') ?? '', wanted))),
})

/** Every variable once and quoted, in its original position; comments and other lines unchanged. */
export function mergeEnvironment(found: string, wanted: Readonly<Record<string, string>>): string {
  const values = new Map<string, string>()
  const lines: Array<string | {readonly name: string}> = []
  const assign = (name: string, value: string) => {
    if (!values.has(name)) lines.push({name})
    values.set(name, value)
  }
  for (const line of found === '' ? [] : found.replace(/\n$/, '').split('\n')) {
    const [, name, value = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/.exec(line) ?? []
    if (name === undefined) lines.push(line)
    else assign(name, unquote(value))
  }
  // Shells source the file, so other names are dropped. The config reader has already reported them.
  for (const [name, value] of Object.entries(wanted)) if (/^[A-Za-z_]\w*$/.test(name)) assign(name, value)
  return lines
    .map((line) => `${typeof line === 'string' ? line : `${line.name}=${quote(values.get(line.name) ?? '')}`}\n`)
    .join('')
}

const escapes: Readonly<Record<string, string>> = {'\n': 'n', '\r': 'r', '\t': 't'}

/**
 * For shells, which must not expand anything, and for pam_env(8), which knows no escapes: both take single-quoted text
 * literally.
 */
function quote(value: string): string {
  if (/[$`\\"]/.test(value) && !/['\n\r]/.test(value)) return `'${value}'`
  return `"${value.replace(/["\\$`\n\r\t]/g, (character) => `\\${escapes[character] ?? character}`)}"`
}

function unquote(value: string): string {
  if (/^'[^']*'$/.test(value)) return value.slice(1, -1)
  if (!/^"(?:[^"\\]|\\.)*"$/.test(value)) return value
  return value
    .slice(1, -1)
    .replace(/\\(.)/g, (_, character: string) => ({n: '\n', r: '\r', t: '\t'})[character] ?? character)
}
