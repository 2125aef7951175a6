/** Programs that a service script names: its interpreter and its command, as written. */
export interface ServicePrograms {
  readonly interpreter?: string | undefined
  readonly command?: string | undefined
}

/**
 * Finds the programs that a script in /etc/init.d names (openrc-run(8), and DAEMON of LSB scripts). Omits values with
 * shell expansions.
 */
export function readServicePrograms(script: string): ServicePrograms {
  const interpreter = /^#! ?(\/\S+)/.exec(script)?.[1]
  const command = /^(?:command|DAEMON)=(["']?)([^\s"'$`]+)\1[ \t]*(?:#.*)?$/m.exec(script)?.[2]
  return {...(interpreter && {interpreter}), ...(command && {command})}
}
