/**
 * The command to run for `sh -c`, so that `source` works in every shell that a node may have: Debian's knows only ".".
 *
 * A program in userdata is executed directly, so that its first line counts: not every script is for sh.
 */
export function withSource(argv: readonly string[]): readonly string[] {
  const [program, flag, script = '', ...rest] = argv
  if (program !== 'sh' || flag !== '-c' || !/\bsource\b/.test(script)) return argv
  const userdata = /^source (\/run\/[^\s/]+\/(?:user|vendor)data)$/.exec(script)?.[1]
  return userdata === undefined ? [program, flag, `${definition}\n${script}`, ...rest] : [userdata]
}

/** Evaluated, because shells that have `source` refuse a function of that name as soon as they read it. */
const definition = `command -v source >/dev/null || eval 'source() { . "$@"; }'`
