/**
 * Finds the version in a tool's output: the first dotted number with its suffix,
 * or a number after the word "version", as in `kmod version 34`.
 */
export const parseVersion = (printed: string): string | undefined =>
  /\d+(?:\.\d+)+[\w.+~-]*/.exec(printed)?.[0] ?? /\bversion (\d+)\b/.exec(printed)?.[1]

/** Orders two versions by their leading dotted numbers; distribution suffixes such as `-9+deb13u1` do not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => (/^[\d.]+/.exec(version)?.[0] ?? '').split('.').map(Number))
  if (!left || !right) return 0
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
