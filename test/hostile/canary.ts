import {createHash} from 'node:crypto'
import {chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {onTestFinished} from 'vitest'

const files: Readonly<Record<string, string>> = {
  '.bashrc': 'alias ll="ls -l"\n',
  'dpkg.cfg.d/local': '# nothing\n',
  'log/syslog': 'a line\n',
  'ssh/ssh_host_ed25519_key': 'secret\n',
  'ssh/ssh_host_rsa_key': 'secret\n',
  'tmp/file': 'kept\n',
}

/**
 * Files of this machine that a package must not change. Everyone may write to them, so that only the isolation of packages
 * protects them. They are removed after the test.
 */
export function makeCanary(): string {
  // Not in /tmp, which is another directory in every sandbox.
  const directory = mkdtempSync('/var/tmp/haos-build-canary-')
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  chmodSync(directory, 0o777)
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name)
    mkdirSync(dirname(path), {recursive: true})
    chmodSync(dirname(path), 0o777)
    writeFileSync(path, text)
    chmodSync(path, 0o666)
  }
  mkdirSync(join(directory, 'empty'))
  return directory
}

/** Every path below a directory with all its metadata except the access time. */
export const stateOf = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['.', ...readdirSync(directory, {recursive: true, encoding: 'utf8'}).sort()].map((name) => {
      const path = join(directory, name)
      const {mode, uid, gid, size, mtimeMs, ctimeMs, nlink} = lstatSync(path)
      const digest = lstatSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
      return [name, [mode.toString(8), uid, gid, size, mtimeMs, ctimeMs, nlink, digest].join(' ')]
    }),
  )
