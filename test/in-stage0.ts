import {spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {scratchDirectory} from './scratch.ts'
import {findStaticBusybox} from './static-busybox.ts'

const {busybox = '', reason: missing} = findStaticBusybox()

/** Why stage 0 cannot be tested here; undefined if it can. */
export const reason = missing
if (reason !== undefined && process.env['CI']) throw new Error(reason)

/** The title of a test that is skipped if there is a reason. */
export const title = (fact: string) => (reason === undefined ? fact : `${fact} (${reason})`)

/** The functions of stage 0, without the call of `main`. */
const [functions = ''] = readFileSync(new URL('../runtime/stage0/init', import.meta.url), 'utf8')
  .replace('. /etc/stage0.conf', ':')
  .split('\nmain || {')

const settings = `NAME=haos PREFIX=haos. VOLUME=HAOS STATE_LABEL=HAOS_STATE SYSTEM=/haos/system DATA=/haos/data LOCAL=/var/lib/rancher/haos RESCUE_SHELL=''
tell() { echo "told: $1"; }
mark() { :; }
fstrim() { :; }
sync() { :; }
fail() { for line in "$@"; do tell "$line"; done; return 1; }
trouble='' refused='' medium='' iso='' writable=yes mode=disk version=current device=/dev/vda1
`

/** Runs a script with the functions of stage 0, in busybox's shell as in an initrd. */
export function inStage0(script: string, {cwd = scratchDirectory()} = {}): string {
  const {stdout, stderr} = spawnSync(busybox, ['sh', '-c', `${functions}\n${settings}\n${script}`], {
    cwd,
    encoding: 'utf8',
  })
  return `${stdout}${stderr}`.trimEnd()
}

/** Makes files and symlinks below a directory: a text that begins with `-> ` is a symlink. */
export function makeFiles(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), {recursive: true})
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(root, path))
    else writeFileSync(join(root, path), text)
  }
  return root
}
