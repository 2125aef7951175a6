import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {scratchDirectory} from './scratch.ts'

/** What another program reads from an ISO, by its Rock Ridge or its Joliet names. */
export async function readFromIso(
  iso: string,
  path: string,
  names: 'rock-ridge' | 'joliet' = 'rock-ridge',
): Promise<string> {
  const to = join(scratchDirectory(), 'file')
  const read = names === 'joliet' ? ['-read_fs', 'norock'] : []
  await execa('xorriso', [...read, '-osirrox', 'on', '-indev', iso, '-extract', path, to], {all: true})
  return readFileSync(to, 'utf8')
}
