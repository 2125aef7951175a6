import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {HaosError} from '#dsl'
import {readContent, readTree, type TreeEntry, writeTree} from '#formats'
import {runStep} from '../../../test/run-step.ts'
import {scratchDirectory} from '../../../test/scratch.ts'
import {findStaticBusybox} from '../../../test/static-busybox.ts'
import {runScripts} from './run-scripts.ts'

const {busybox, reason} = findStaticBusybox()
const missing = process.arch === 'x64' ? reason : 'this machine is not x86-64'

const owned = {mode: 0o755, uid: 0, gid: 0}
const directory = (path: string): TreeEntry => ({path, type: 'directory', ...owned})
const link = (path: string, target: string): TreeEntry => ({path, type: 'symlink', target, ...owned})
const file = (path: string, bytes: Uint8Array | string): TreeEntry => ({
  path,
  type: 'file',
  content: {bytes: Buffer.from(bytes)},
  ...owned,
})

const applets = ['cat', 'chmod', 'chown', 'date', 'echo', 'id', 'ip', 'ln', 'mkdir', 'rm', 'sh']

const packages = (): TreeEntry[] => [
  file('/usr/bin/busybox', readFileSync(busybox ?? '')),
  ...applets.map((name) => link(`/usr/bin/${name}`, 'busybox')),
  {path: '/usr/bin/again', type: 'hardlink', target: '/usr/bin/busybox', ...owned},
  link('/bin', 'usr/bin'),
  ...['/etc', '/tmp', '/root', '/var/lib/data'].map(directory),
  {path: '/dev/null', type: 'character-device', mode: 0o666, uid: 0, gid: 0, major: 1, minor: 3},
  file('/etc/hosts', 'hosts\n'),
  file('/etc/old', 'old\n'),
  file('/var/lib/data/a', 'a\n'),
]

/** The recipe's own layer, which hides a file of the packages. */
const system: TreeEntry[] = [
  file('/etc/motd', 'recipe\n'),
  {path: '/etc/old', type: 'character-device', mode: 0, uid: 0, gid: 0, major: 0, minor: 0},
]

/** Changes by scripts, by path: the content of files, otherwise a description. */
async function changesOf(...scripts: readonly string[]): Promise<Record<string, string>> {
  const output = await runAll(scripts)
  const found: Record<string, string> = {}
  for await (const entry of readTree(output)) found[entry.path] = await describeEntry(entry)
  return found
}

async function runAll(scripts: readonly string[], scriptSilenceMs?: number): Promise<string> {
  const scratch = scratchDirectory()
  const [below, above] = [join(scratch, 'packages.tar'), join(scratch, 'system.tar')]
  await writeTree(below, packages(), {epoch: 0})
  await writeTree(above, system, {epoch: 0})
  const limit = scriptSilenceMs === undefined ? {} : {scriptSilenceMs}
  return runStep(runScripts, {packages: below, system: above}, {arch: 'amd64', scripts}, limit)
}

async function describeEntry({type, content, mode, uid, target}: TreeEntry): Promise<string> {
  const about = `${type} ${mode.toString(8)} ${uid}`
  if (type === 'symlink') return `link to ${target}`
  return content ? `${about}: ${Buffer.from(await readContent(content)).toString()}` : about
}

const failureOf = async (script: string): Promise<HaosError> => {
  const error: unknown = await changesOf(script).then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (error instanceof HaosError) return error
  throw error
}

describe.skipIf(missing)(`scripts of a recipe${missing ? ` (${missing})` : ''}`, () => {
  test('see packages and files of the recipe, and their changes become a layer', async () => {
    const found = await changesOf(
      'cat /etc/hosts /etc/motd >/usr/all\nrm -r /var/lib/data\nrm /etc/hosts\nchmod 700 /root\nln -s all /usr/link\n[ ! -e /etc/old ]',
      'cat /usr/all >/etc/second; chown 7 /etc/second; echo x >/tmp/x; echo "$SOURCE_DATE_EPOCH" >/etc/epoch',
    )

    expect(found).toEqual({
      '/': 'directory 755 0',
      '/etc': 'directory 755 0',
      '/etc/epoch': 'file 644 0: 1750000000\n',
      '/etc/hosts': 'character-device 0 0',
      '/etc/second': 'file 644 7: hosts\nrecipe\n',
      '/root': 'directory 700 0',
      '/usr': 'directory 755 0',
      '/usr/all': 'file 644 0: hosts\nrecipe\n',
      '/usr/link': 'link to all',
      '/var': 'directory 755 0',
      '/var/lib': 'directory 755 0',
      '/var/lib/data': 'character-device 0 0',
    })
  })

  test('that change nothing leave an empty layer', async () => {
    expect(await changesOf('[ "$(id -u)" = 0 ]')).toEqual({'/': 'directory 755 0'})
  })

  test('see no network and no file of this machine', async () => {
    const here = join(scratchDirectory(), 'here')
    const found = await changesOf(
      `ip -o link show up >/etc/links || true; if [ -e ${here} ] || [ -e /proc/1/root${here} ]; then echo seen >/etc/seen; fi`,
    )

    expect(Object.keys(found)).not.toContain('/etc/seen')
    expect(found['/etc/links'] ?? '').not.toMatch(/: (?!lo)\w+:/)
  })

  test('that leave different files each time are refused with their paths', async () => {
    const error = await failureOf('date +%s%N >/etc/now; echo same >/etc/same')

    expect(error).toMatchObject({code: 'RECIPE_INVALID', details: {problems: [{path: '/etc/now'}]}})
  })

  test('that fail are refused with their output and their number', async () => {
    const error = await failureOf('echo trouble >&2\nfalse\necho not reached')

    expect(error).toMatchObject({code: 'RECIPE_INVALID', details: {at: 'run() number 1 of 1'}})
    expect(error.details.output).toMatch(/trouble\n[\s\S]*run\(\) number 1 of 1/)
    expect(error.details.output).not.toContain('not reached')
  })

  test('that do not end are ended, with their number and their last words', async () => {
    const error = await runAll(['echo first', 'echo "waiting for nothing"; while :; do :; done'], 2000).catch(
      (reason) => reason,
    )

    expect(error).toMatchObject({
      code: 'TOOL_ENDLESS',
      message: 'a script of the recipe does not end: run() number 2 of 2',
      details: {
        output: expect.stringMatching(/waiting for nothing$/),
        at: expect.stringContaining('2 s without output'),
      },
    })
  })
})
