import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'

const config = `hostname: from-config
write_files:
- path: /etc/remastered
  content: new config
`

/** The second is for the name that the machine has without nodes. */
const nodes = `match: {hostname: another}
config: {haos: {sysctls: {vm.swappiness: "11"}}}
---
match: {hostname: [wanted, from-config]}
config: {haos: {sysctls: {vm.swappiness: "1\${index}"}}}
`

export interface RemasterForNodeOptions {
  /** Additional lines of the config. */
  readonly config?: string
  /** Default: a name for the node, and a label with a space. */
  readonly arguments?: readonly string[]
}

/** Remasters an output with its own arguments, config and nodes, with the command line, as a user would. Returns its path. */
export async function remasterForNode(
  input: string,
  directory: string,
  {
    config: more = '',
    arguments: words = ['--append', 'haos.hostname=wanted haos.labels.a="b c"'],
  }: RemasterForNodeOptions = {},
): Promise<string> {
  // A disk's format is read from its name.
  const output = join(directory, `node${/\.\w+$/.exec(input)?.[0] ?? ''}`)
  writeFileSync(join(directory, 'node.yaml'), config + more)
  writeFileSync(join(directory, 'nodes.yaml'), nodes)
  await execa(process.execPath, [
    join(import.meta.dirname, '../../bin/start.ts'),
    ...['remaster', input, output, '--config', join(directory, 'node.yaml'), '--nodes', join(directory, 'nodes.yaml')],
    ...words,
  ])
  return output
}

/** What a node with such an output reports. */
export const remasteredNode = {
  ask: 'cat /etc/remastered; echo; test -e /etc/edge.conf || echo gone; cat /proc/sys/vm/swappiness',
  answer: 'new config\ngone\n12',
} as const
