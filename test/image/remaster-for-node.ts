import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'

const config = `hostname: from-config
write_files:
- path: /etc/remastered
  content: new config
`

export interface RemasterForNodeOptions {
  /** More lines of the config. */
  readonly config?: string
  /** Default: a name for the node, and a label with a space. */
  readonly arguments?: readonly string[]
}

/** Makes an output with arguments and a config of its own, by the command line, as a user would. Gives its path. */
export async function remasterForNode(
  input: string,
  directory: string,
  {
    config: more = '',
    arguments: words = ['--append', 'haos.hostname=wanted haos.labels.a="b c"'],
  }: RemasterForNodeOptions = {},
): Promise<string> {
  const output = join(directory, 'node')
  writeFileSync(join(directory, 'node.yaml'), config + more)
  await execa(process.execPath, [
    join(import.meta.dirname, '../../bin/start.ts'),
    ...['remaster', input, output, '--config', join(directory, 'node.yaml')],
    ...words,
  ])
  return output
}

/** What a node says whose output was made so. */
export const remasteredNode = {
  ask: 'cat /etc/remastered; echo; test -e /etc/edge.conf || echo gone',
  answer: 'new config\ngone',
} as const
