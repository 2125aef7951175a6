import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {execa} from 'execa'
import {beforeEach, expect, test} from 'vitest'
import {searchPath} from '../../engine/toolbox/tool.ts'
import {buildDeb} from '../debian-mirror.ts'
import {emptyModule} from '../empty-module.ts'
import {scratchDirectory} from '../scratch.ts'

const reason = process.getuid?.() === 0 ? undefined : 'only root can give a program another /etc'
beforeEach(({skip}) => skip(reason !== undefined, reason))

/** Settings of tools on a user's machine, below /etc, /run and the home directory. */
const etc = {
  'depmod.d/own.conf': 'search built-in updates\n',
  'mke2fs.conf':
    '[defaults]\nbase_features = sparse_super\nblocksize = 2048\ninode_ratio = 65536\n[fs_types]\next4 = {\nfeatures = has_journal\n}\n',
  'e2fsck.conf': '[options]\nbroken_system_clock = true\n[scratch_files]\ndirectory = /nowhere\n',
  'mtools.conf': 'mtools_lower_case=1\nmtools_no_vfat=1\nmtools_name_numeric_tail=0\nmtools_fat_compatibility=1\n',
  'default/xorriso': '-application_id EVIL\n-padding 1m\n',
  'opt/xorriso/rc': '-publisher EVIL\n',
  'xorriso/xorriso.conf': '-osirrox blocked\n',
  'dpkg/dpkg.cfg.d/own': 'path-exclude=/*\n',
} as const

const home = {
  '.xorrisorc': '-preparer_id EVIL\n',
  '.mtoolsrc': 'mtools_lower_case=1\n',
  '.tarrc': '--mode=0777\n',
} as const

const environment = (directory: string) => ({
  HOME: directory,
  TAR_OPTIONS: '--mode=0777 --owner=7',
  GZIP: '-1 --name',
  XZ_DEFAULTS: '--keep --format=lzma',
  XZ_OPT: '--suffix=.own',
  ZSTD_CLEVEL: '1',
  ZSTD_NBTHREADS: '2',
  MTOOLSRC: join(directory, '.mtoolsrc'),
  MTOOLS_NO_VFAT: '1',
  MKE2FS_CONFIG: join(directory, 'mke2fs.conf'),
  E2FSCK_CONFIG: join(directory, 'e2fsck.conf'),
  SOURCE_DATE_EPOCH: '1',
  LC_ALL: 'C.UTF-8',
  TZ: 'Asia/Kathmandu',
})

const write = (directory: string, files: Readonly<Record<string, string | Uint8Array>>) => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), {recursive: true})
    writeFileSync(join(directory, path), content)
  }
  return directory
}

function makeInputs(): string {
  const directory = write(scratchDirectory(), {
    'a.ko': emptyModule(['license=GPL']),
    'b.ko': emptyModule(),
    'tree/Mixed': 'text\n'.repeat(100_000),
    text: 'text\n'.repeat(1000),
  })
  execFileSync('xz', ['--keep', join(directory, 'text')])
  buildDeb(join(directory, 'x.deb'), {name: 'x', version: '1', files: {'usr/share/x': 'x\n'}})
  return directory
}

/** The output of each tool, on a machine with additional files in /etc. */
async function use(inputs: string, more: string, env: Readonly<Record<string, string>>) {
  const grown =
    'mount -t tmpfs none /mnt && cp -a /etc/. /mnt && cp -r "$0/." /mnt && mount --bind /mnt /etc && exec "$@"'
  const program = join(import.meta.dirname, 'use-tools.ts')
  const words = ['--mount', 'sh', '-c', grown, more, process.execPath, program, inputs, scratchDirectory()]
  const {stdout} = await execa('unshare', words, {env: {PATH: searchPath(), ...env}, extendEnv: false})
  const made: Record<string, string> = JSON.parse(stdout)
  return made
}

test('settings in /etc, the home directory and the environment change the output of no tool', async () => {
  const inputs = makeInputs()
  const bare = await use(inputs, scratchDirectory(), {})
  const hostile = await use(inputs, write(scratchDirectory(), etc), environment(write(scratchDirectory(), home)))

  expect(Object.keys(bare)).toHaveLength(16)
  expect(hostile).toEqual(bare)
})
