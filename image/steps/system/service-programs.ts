/** Programs that a service script names: what runs it, and what it starts, as they are written. */
export interface ServicePrograms {
  readonly interpreter?: string | undefined
  readonly command?: string | undefined
}

/**
 * Reads which programs a script in /etc/init.d names (openrc-run(8), and DAEMON of scripts after LSB). Values that the shell would
 * make of others are left out.
 */
export function readServicePrograms(script: string): ServicePrograms {
  const interpreter = /^#! ?(\/\S+)/.exec(script)?.[1]
  const command = /^(?:command|DAEMON)=(["']?)([^\s"'$`]+)\1[ \t]*(?:#.*)?$/m.exec(script)?.[2]
  return {...(interpreter && {interpreter}), ...(command && {command})}
}
