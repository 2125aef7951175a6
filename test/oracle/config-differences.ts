import {isDeepStrictEqual} from 'node:util'
import type {ConfigProblem} from '#runtime'
import type {DumpCase} from './config-cases.ts'

export interface Replayed {
  readonly recorded: DumpCase
  /** The output of the original; null if it discarded everything. */
  readonly expected: unknown
  readonly found: unknown
  readonly problems: readonly ConfigProblem[]
}

/**
 * The class of docs/differences.md that excuses a case, or undefined if none does.
 *
 * Rules, not names of cases: the same kinds of input must be excused wherever they occur.
 */
export function differenceClass(replayed: Replayed): number | undefined {
  if (replayed.expected === null) return classOfDiscarded(replayed)
  const classes = differences(replayed.expected, replayed.found).map((difference) => classOf(difference, replayed))
  return classes.every((each) => each !== undefined) ? classes[0] : undefined
}

/** The original printed nothing: one source or field that it could not read discarded all the others. */
function classOfDiscarded({recorded, problems}: Replayed): number | undefined {
  const reason = recorded.log.map(({msg}) => msg).join('\n')
  const reported = problems.length > 0
  if (
    /cannot unmarshal number .*of type (?:\[\])?string|unsupported value: .*(?:Inf|NaN)|cannot decode !!/.test(reason)
  )
    return 2
  if (/cannot unmarshal bool .*of type (?:\[\])?string|incompatible YAML document|octet/.test(reason)) return 8
  if (/cannot unmarshal string .*runCmd|cannot unmarshal string .*of type \[\]string/.test(reason)) return 7
  const line = recorded.inputs.cmdline ?? ''
  if (/cannot unmarshal array/.test(reason) && repeats(line)) return reported ? 6 : undefined
  if (/cannot unmarshal string .*CloudConfig\.haos/.test(reason) && /(?:^|\s)haos(?:\s|=|$)/.test(line))
    return reported ? 6 : undefined
  if (/cannot unmarshal string .*of type bool/.test(reason)) return 6
  const isArchive = Object.values(recorded.inputs.files).some(
    (content) => typeof content === 'string' && /^content-type:\s*multipart\//im.test(content),
  )
  if (isArchive) return 39
  return reported ? 1 : undefined
}

const repeats = (line: string): boolean => {
  const keys = line.split(/\s+/).map((item) => item.split('=', 1)[0])
  return keys.some((key, index) => key !== '' && keys.indexOf(key) < index)
}

interface Difference {
  readonly path: readonly string[]
  readonly expected: unknown
  readonly found: unknown
}

function classOf({path, expected, found}: Difference, {recorded, problems}: Replayed): number | undefined {
  const {cmdline, files} = recorded.inputs
  const texts = Object.values(files).filter((content) => typeof content === 'string')
  const compressed = Object.values(files).some(
    (content) => content instanceof Uint8Array && content[0] === 0x1f && content[1] === 0x8b,
  )
  if (compressed) return 24
  if (typeof expected === 'string' && expected.includes('\uFFFD')) return 8
  if (isBinaryContent({path, expected, found})) return 8
  if (repeats(cmdline ?? '') && typeof expected === 'string' && typeof found === 'string') return 6
  const field = path[1] ?? ''
  if (['sysctls', 'labels', 'environment'].includes(field)) {
    if (/^map\[/.test(String(expected)) || nestedKey(path, texts.join('\n'))) return 5
    if (/\[|\.(?:sysctls?|labels?|environment)\./.test(cmdline ?? '') && expected === undefined) return 5
    const asYaml11 = classOfScalar(expected, found, path.at(-1) ?? '', texts.join('\n'))
    if (asYaml11 !== undefined) return asYaml11
  }
  const wiped = texts.some((text) => /^\s*(?:haos|install):\s*(?:~|null)?\s*$/m.test(text) || text.trim() === '')
  if (expected === undefined && wiped) return 4
  if (path[1] === 'install' && expected === undefined) return 6
  const spelt = problems.some(({message}) => /more than once|not a known key/.test(message))
  return spelt || otherSpelling.test(texts.join('\n') + (cmdline ?? '')) ? 7 : undefined
}

/** Keys with capitals, and keys without their underscores. */
const otherSpelling =
  /(?:^|[\s{,.-])["']?\w*[A-Z]\w*["']?\s*[:=]|\b(?:(?:run|boot|init)cmd|writefiles?|sshauthorizedkeys?|bootmanifests?|datasources?|ntpservers?|dnsnameservers?|k3sargs?|serverurl)\b/

/** Content that is not text: the original replaced bytes with U+FFFD, we write them as base64. */
const isBinaryContent = ({path, expected, found}: Difference): boolean =>
  path[0] === 'write_files' &&
  JSON.stringify(expected ?? '').includes('\uFFFD') &&
  JSON.stringify(found ?? '').includes('b64')

/** The original read plain scalars, also keys, by YAML 1.1: as numbers (2) or booleans (8). We keep the text. */
function classOfScalar(expected: unknown, found: unknown, key: string, yaml: string): number | undefined {
  if (typeof expected === 'string' && typeof found === 'string') return /^(?:true|false)$/.test(expected) ? 8 : 2
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  if (/^(?:true|false|y|n|yes|no|on|off)$/i.test(key)) return 8
  if (/^[-+.\d][\w.+-]*$/.test(key) || new RegExp(`^\\s*${escaped}:`, 'm').test(yaml)) return 2
  return undefined
}

/** `nested: {x: 1}` in YAML: the original made "map[x:1]" of it, we make the key "nested.x". */
const nestedKey = (path: readonly string[], yaml: string): boolean => {
  const [first, second] = (path.at(-1) ?? '').split('.')
  return second !== undefined && new RegExp(`\\b${first}:\\s*(?:\\{|\\n)`).test(yaml)
}

function differences(expected: unknown, found: unknown, path: readonly string[] = []): readonly Difference[] {
  if (isDeepStrictEqual(expected, found)) return []
  if (!isMap(expected) || !isMap(found)) return [{path, expected, found}]
  const keys = new Set([...Object.keys(expected), ...Object.keys(found)])
  return [...keys].flatMap((key) => differences(expected[key], found[key], [...path, key]))
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
