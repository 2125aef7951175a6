/** Compares two versions (deb-version(7)): negative if `a` is earlier, 0 if they are the same. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  return (
    left.epoch - right.epoch || comparePart(left.upstream, right.upstream) || comparePart(left.revision, right.revision)
  )
}

function parse(version: string): {readonly epoch: number; readonly upstream: string; readonly revision: string} {
  const {epoch = '0', rest = ''} = /^(?:(?<epoch>\d+):)?(?<rest>.*)$/s.exec(version.trim())?.groups ?? {}
  const dash = rest.lastIndexOf('-')
  const [upstream, revision] = dash < 0 ? [rest, ''] : [rest.slice(0, dash), rest.slice(dash + 1)]
  return {epoch: Number(epoch), upstream, revision}
}

/** Alternately compares non-digits by character and digits as numbers. */
function comparePart(a: string, b: string): number {
  let [left, right] = [a, b]
  while (left !== '' || right !== '') {
    const [words, numbers] = [split(/^\D*/, left, right), split(/^\D*(\d*)/, left, right)]
    const order = compareWords(words[0], words[1]) || compareNumbers(digitsOf(numbers[0]), digitsOf(numbers[1]))
    if (order !== 0) return order
    left = left.slice(numbers[0].length)
    right = right.slice(numbers[1].length)
  }
  return 0
}

const split = (pattern: RegExp, a: string, b: string): readonly [string, string] => [
  pattern.exec(a)?.[0] ?? '',
  pattern.exec(b)?.[0] ?? '',
]

const digitsOf = (text: string): string => text.replace(/^\D*0*/, '')

/** `~` sorts before everything, even the end; letters sort before other characters. */
function compareWords(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = rank(a[at]) - rank(b[at])
    if (order !== 0) return order
  }
  return 0
}

function rank(character: string | undefined): number {
  if (character === undefined) return 0
  if (character === '~') return -1
  const code = character.charCodeAt(0)
  return /[A-Za-z]/.test(character) ? code : code + 256
}

/** Compares digits without leading zeros, which may exceed a JavaScript number. */
const compareNumbers = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
