import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {expect, test} from 'vitest'

/** What the real command line says about its arguments. */
const told = (words: string) => {
  const {status, stdout} = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'start.ts'), ...words.split(' '), '--json'],
    {
      encoding: 'utf8',
    },
  )
  const {code, message, hint}: Record<string, string> = JSON.parse(stdout)
  return {status, code, message, hint}
}

test.each([
  ['plan --arch amd46', '--arch cannot be "amd46"', 'Did you mean "amd64"?'],
  ['plan --format pdf', '--format cannot be "pdf"', 'Choose one of: text, mermaid, dot.'],
  ['iso -j abc', '--jobs must be a whole number, but is "abc"', '--help'],
  ['iso -j 0', '--jobs must be at least 1, but is 0', '--help'],
  ['run --ssh-port 99999999', '--ssh-port must be at most 65535, but is 99999999', '--help'],
  ['remaster', 'IN is missing: ISO, disk, initrd or network boot directory', '--help'],
  ['config apply --root x', '--phase is missing', '--help'],
  ['cloud aws two', 'unexpected argument "two"', 'Leave it out'],
  ['iso two', 'unexpected argument "two"', 'haos-build iso --help'],
  ['iso --lokced', 'there is no flag --lokced', 'Did you mean --locked?'],
  ['iso --zzzzzzzz', 'there is no flag --zzzzzzzz', '--help'],
  ['iso -j 1 -j 2', '--jobs may be given only once', '--help'],
  ['iso --offline --cache http://me:pw@h', '--offline and --cache exclude each other', 'Leave one of them out'],
  ['iso --cache http://me:pw@h --offline', '--offline and --cache exclude each other', 'Leave one of them out'],
  ['disk --size', '--size needs a value', '--help'],
])('%s: %s', (words, message, hint) => {
  expect(told(words)).toEqual({status: 2, code: 'USAGE_INVALID', message, hint: expect.stringContaining(hint)})
})
