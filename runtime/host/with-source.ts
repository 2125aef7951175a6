/**
 * What to run for a call of `sh -c`, so that `source` works in every shell that a node may have: Debian's knows only ".".
 *
 * User data that is a program is run by what its first line names, because not every script is one of sh.
 */
export function withSource(argv: readonly string[]): readonly string[] {
  const [program, flag, script = '', ...rest] = argv
  if (program !== 'sh' || flag !== '-c' || !/\bsource\b/.test(script)) return argv
  const userdata = /^source (\/run\/[^\s/]+\/userdata)$/.exec(script)?.[1]
  return userdata === undefined ? [program, flag, `${definition}\n${script}`, ...rest] : [userdata]
}

/** Evaluated, because shells that have `source` refuse a function of that name as soon as they read it. */
const definition = `command -v source >/dev/null || eval 'source() { . "$@"; }'`
