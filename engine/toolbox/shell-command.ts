import {shellQuote} from '#dsl'

/** Files that a shell connects to a program's standard streams, as host paths. */
export interface Redirections {
  readonly stdin?: string | undefined
  readonly stdout?: string | undefined
}

/** Renders redirections so that they can follow a command's last word; empty if there are none. */
export const renderRedirections = ({stdin, stdout}: Redirections): string =>
  (stdin === undefined ? '' : ` <${shellQuote(stdin)}`) + (stdout === undefined ? '' : ` >${shellQuote(stdout)}`)

/** A command that reruns a program in the same way when pasted. */
export interface PastedCommand extends Redirections {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** Renders a command as one line for a POSIX shell, with its directory, mask and whole environment. */
export function renderCommand({argv, env, cwd, ...files}: PastedCommand): string {
  const words = ['env', '-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...argv]
  return `(cd ${shellQuote(cwd)} && umask 022 && ${words.map(shellQuote).join(' ')}${renderRedirections(files)})`
}
