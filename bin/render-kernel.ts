import type {ExplainedKernel} from '#image'

/** What an image's kernel lacks, as lines; a word marks what is required. */
export function renderKernel({image, arch, variant, version, users, findings}: ExplainedKernel): readonly string[] {
  if (users.length === 0) return []
  const subject = `kernel ${version} of ${[image, variant].filter(Boolean).join(' ')} (${arch})`
  const needs = `what ${list(users)} need${users.length === 1 ? 's' : ''}`
  if (findings === undefined)
    return [`· ${subject}: not compared with ${needs} yet, because its packages are not in the store`]
  if (findings.length === 0) return [`✓ ${subject}: has ${needs}`]
  return [
    `${findings.some(({isRequired}) => isRequired) ? '✗' : '–'} ${subject}: lacks some of ${needs}`,
    ...findings.flatMap(({path, message, hint, isRequired}) => [
      `    ${isRequired ? 'required' : 'recommended'}: ${path} ${message}`,
      `      → ${hint}`,
    ]),
  ]
}

/** `a`, `a and b`, `a, b and c`. */
const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
