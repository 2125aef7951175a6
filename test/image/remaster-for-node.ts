import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'

const config = `hostname: from-config
write_files:
- path: /etc/remastered
  content: new config
`

/** Makes an ISO with arguments and a config of its own, by the command line, as a user would. Gives its path. */
export async function remasterForNode(iso: string, directory: string): Promise<string> {
  const output = join(directory, 'node.iso')
  writeFileSync(join(directory, 'node.yaml'), config)
  await execa(process.execPath, [
    join(import.meta.dirname, '../../bin/start.ts'),
    ...['remaster', iso, output, '--config', join(directory, 'node.yaml')],
    ...['--append', 'haos.hostname=wanted haos.labels.a="b c"'],
  ])
  return output
}
