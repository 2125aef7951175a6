import {gzipSync} from 'node:zlib'
import {apkOf, type TestPackage} from '../alpine/testing-packages.ts'
import {tarOf} from '../alpine/testing-tar.ts'
import {directory, link} from './deb-of.ts'
import {file, header, pax, paxRecord, tar} from './odd-tar.ts'
import {spoil} from './spoil.ts'

/** The expected outcome of a package: it is refused with its name, or changes only its own root. */
type Outcome = 'refused' | 'harmless'

export interface HostileApk {
  readonly outcome: Outcome
  /** Bytes of the package, given a directory of this machine that it tries to change. */
  readonly make: (canary: string) => Buffer
}

/** The package's pin. */
export const apkLabel = 'hostile-1-r0'

const pack = (pkg: TestPackage): Buffer => apkOf({name: 'hostile', ...pkg}).bytes

const withEntries = (entries: NonNullable<TestPackage['entries']>): Buffer => pack({entries})

const withData = (data: Buffer): Buffer => pack({data: gzipSync(data)})

/** An unknown script, so that it runs. */
const withScript = (lines: string, kind = '.post-install'): Buffer =>
  pack({scripts: {[kind]: `#!/bin/sh\nif true; then :; fi\n${lines}\n`}})

const zeros = Buffer.alloc(512 << 20)

const triggered = (pattern: string): Buffer =>
  pack({
    info: [`triggers = ${pattern}`],
    entries: {[`usr/share/${'a'.repeat(100)}/`]: directory},
    scripts: {'.trigger': '#!/bin/sh\nif true; then :; fi\n'},
  })

const apks: Readonly<Record<string, readonly [Outcome, HostileApk['make']]>> = {
  // Paths and links.
  'a path that leaves the root': ['refused', (canary) => withEntries({[`../../../..${canary}/new`]: 'x'})],
  'a path with dots within': ['refused', (canary) => withEntries({[`usr/../../../..${canary}/new`]: 'x'})],
  'an absolute path': ['refused', (canary) => withEntries({[`${canary}/new`]: 'x'})],
  'a path with a line break': ['refused', () => withEntries({'a\nF:etc': 'x'})],
  'a file behind its own link': ['refused', (canary) => withEntries({d: link(canary), 'd/new': 'x'})],
  'a file behind a link that goes round': ['refused', () => withEntries({a: link('b'), b: link('a'), 'a/new': 'x'})],
  'a hard link out of the root': [
    'refused',
    (canary) => withEntries({x: {type: 'hardlink', linkName: `../../..${canary}/.bashrc`}}),
  ],
  'a hard link through a link': [
    'refused',
    (canary) => withEntries({d: link(canary), x: {type: 'hardlink', linkName: 'd/.bashrc'}}),
  ],
  'a link without a target': ['refused', () => withEntries({x: link('')})],
  'one path twice': ['refused', (canary) => withEntries({x: link(canary), './x': 'y'})],
  'a file in the place of /usr': ['refused', () => withEntries({usr: 'x'})],
  // Devices and sizes.
  'a disk, and a script': [
    'harmless',
    () =>
      pack({
        entries: {disk: {type: 'block-device', major: 8, minor: 0}},
        scripts: {'.post-install': '#!/bin/sh\nif [ -e /disk ]; then exit 1; fi\n'},
      }),
  ],
  'a bomb of data': ['refused', () => pack({data: gzipSync(zeros)})],
  'a bomb that says how large it is': ['refused', () => pack({info: ['size = 1e30'], data: gzipSync(zeros)})],
  'a bomb of control files': ['refused', () => gzipSync(zeros)],
  'a size in base 256': ['refused', () => withData(tar(header({}, (block) => block.fill(0xff, 124, 136))))],
  'a size of 10¹⁸ in a pax header': [
    'refused',
    () => withData(tar(pax(paxRecord('size=1000000000000000000')), file('x'))),
  ],
  'a pax record of no length': ['refused', () => withData(tar(pax('1e-300 path=x\n'), file('x')))],
  'a sparse file of GNU tar': ['refused', () => withData(tar(header({}, (block) => block.write('S', 156))))],
  'a sparse file in a pax header': [
    'refused',
    () => withData(tar(pax(paxRecord('GNU.sparse.realsize=1000000000000')), file('x'))),
  ],
  'a name in the form of GNU tar': [
    'refused',
    () =>
      withData(
        tar(
          header({type: 'long-name'}, () => {}),
          file('x'),
        ),
      ),
  ],
  'data that ends in a header': ['refused', () => withData(tarOf({x: 'y'}).subarray(0, 300))],
  'no archive at all': ['refused', () => Buffer.from('<html>not found</html>\n'.repeat(100))],
  // Names and fields.
  'a name that is a path': ['refused', (canary) => pack({name: `../../..${canary}/new`})],
  'a version that is a path': ['refused', (canary) => pack({version: `1/../../..${canary}`})],
  'another package than the pinned one': ['refused', () => pack({name: 'busybox'})],
  'another version than the pinned one': ['refused', () => pack({version: '0-r0'})],
  'data that is not the one it names': ['refused', () => pack({info: ['datahash = 00']})],
  // Triggers.
  'a trigger that would take years': ['harmless', () => triggered(`/usr/share/${'*a'.repeat(60)}*b`)],
  'a trigger that is no regular expression': ['harmless', () => triggered('/usr/[ /usr/(?<n> /usr/share/***')],
  // Scripts.
  'a script that reaches for the machine': ['harmless', (canary) => withScript(spoil(canary))],
  'a script before that reaches for the machine': ['harmless', (canary) => withScript(spoil(canary), '.pre-install')],
  'a script that mounts and leaves its root': [
    'harmless',
    (canary) =>
      withScript(
        `mkdir -p /mnt /mnt/old
        busybox mount -t proc proc /mnt && exit 1
        busybox umount -l / && exit 1
        busybox pivot_root /mnt /mnt/old && exit 1
        busybox nsenter -t 1 -m touch ${canary}/new
        busybox unshare -U -r touch ${canary}/new && exit 1
        busybox mknod /disk b 8 0 && exit 1
        exit 0`,
      ),
  ],
  'a script that looks for the machine': [
    'harmless',
    (canary) => withScript(`[ ! -e ${canary} ] && [ ! -e /etc/debian_version ] && [ ! -e /sys/kernel ]`),
  ],
  'a script that looks for the network': ['harmless', () => withScript('[ "$(grep -c : /proc/net/dev)" = 1 ]')],
  'a script that is root of this machine': [
    'harmless',
    () =>
      withScript(
        'read -r _ outside _ </proc/self/uid_map; [ "$outside" != 0 ] && grep -q "^NoNewPrivs:.1" /proc/self/status',
      ),
  ],
  'a script that leaves something running': [
    'harmless',
    (canary) => withScript(`(while :; do ${spoil(canary)}\ndone) </dev/null >/dev/null 2>&1 &`),
  ],
  'a script that kills what it sees': ['refused', () => withScript('kill -9 -1; kill -9 1; exit 1')],
  'a script that makes a file of an exabyte': [
    'harmless',
    () => withScript('busybox truncate -s 1000000000000000000 /big || true'),
  ],
  'a script that removes everything': ['harmless', () => withScript('rm -rf /etc /usr /root /tmp 2>/dev/null; true')],
  'a script that makes links of directories': [
    'harmless',
    (canary) => withScript(`rm -rf /etc /root; ln -s ${canary} /etc; ln -s ${canary}/tmp /root`),
  ],
  'a script before that makes links where its files go': [
    'refused',
    (canary) =>
      pack({
        entries: {'opt/': directory, 'opt/new': 'x'},
        scripts: {'.pre-install': `#!/bin/sh\nif true; then ln -s ${canary} /opt; fi\n`},
      }),
  ],
  'a script that replaces what it runs in': [
    'harmless',
    (canary) =>
      withScript(`for d in dev proc run; do rm -rf /$d; mv /$d /old-$d; ln -s ${canary} /$d; done 2>/dev/null; true`),
  ],
}

export const hostileApks: ReadonlyMap<string, HostileApk> = new Map(
  Object.entries(apks).map(([title, [outcome, make]]) => [title, {outcome, make}]),
)

/** The interpreter of scripts: a package with a static busybox. */
export const busyboxApk = (program: Uint8Array): {readonly bytes: Buffer; readonly label: string} => {
  const links = ['chmod', 'grep', 'kill', 'ln', 'mkdir', 'mv', 'rm', 'rmdir', 'sh', 'touch', 'true']
  const entries = {
    ...Object.fromEntries(
      ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'tmp', 'usr'].map((name) => [`${name}/`, directory]),
    ),
    'bin/busybox': {mode: 0o755, content: program},
    ...Object.fromEntries(links.map((name) => [`bin/${name}`, link('busybox')])),
  }
  return {bytes: apkOf({name: 'base', entries}).bytes, label: 'base-1-r0'}
}
