import {execFileSync} from 'node:child_process'
import {gzipSync, zstdCompressSync} from 'node:zlib'
import {tarOf} from '../alpine/testing-tar.ts'
import {debOf, directory, laidOut, link, script, type TestDeb} from './deb-of.ts'
import {file, header, pax, paxRecord, tar} from './odd-tar.ts'
import {spoil} from './spoil.ts'

/** The expected outcome of a package: it is refused with its name, one of its scripts fails, or it changes only its own root. */
export type Outcome = 'refused' | 'failed' | 'harmless'

export interface HostileDeb {
  readonly outcome: Outcome
  /** Bytes of the archive, given a directory of this machine that it tries to change. */
  readonly make: (canary: string) => Buffer
}

const laid = (entries: TestDeb['entries'], more: TestDeb = {}) =>
  debOf({controlFiles: laidOut, ...more, entries: entries ?? {}})

/** The same, always unpacked by haos-build, because dpkg itself may need it. */
const essential = (entries: TestDeb['entries']) => laid(entries, {fields: {Essential: 'yes'}})

/** The same, unpacked by dpkg. */
const unpacked = (entries: TestDeb['entries'], more: TestDeb = {}) => debOf({...more, entries: entries ?? {}})

const withScript = (name: string, lines: string): Buffer => debOf({controlFiles: {...laidOut, [name]: script(lines)}})

const withData = (data: Buffer, name = 'data.tar'): Buffer => debOf({members: {[name]: data}})

const zeros = Buffer.alloc(512 << 20)
const xz = (bytes: Buffer): Buffer => execFileSync('xz', ['-0', '--stdout'], {input: bytes, maxBuffer: 1 << 30})

const debs: Readonly<Record<string, readonly [Outcome, HostileDeb['make']]>> = {
  // Paths and links.
  'a path that leaves the root': ['refused', (canary) => laid({[`./../../../..${canary}/new`]: 'x'})],
  'a path that leaves the root, for dpkg': ['refused', (canary) => unpacked({[`./../../../..${canary}/new`]: 'x'})],
  'an absolute path': ['harmless', (canary) => laid({[`${canary}/new`]: 'x'})],
  'a path with a line break': ['refused', () => laid({'./a\n/etc/passwd': 'x'})],
  'a path of control characters': ['refused', () => laid({'./\u001b[2J': 'x'})],
  'a file behind its own link': ['failed', (canary) => laid({'./d': link(canary), './d/new': 'x'})],
  'a file behind its own link, for dpkg': ['failed', (canary) => unpacked({'./d': link(canary), './d/new': 'x'})],
  'a file behind a relative link': [
    'failed',
    (canary) => laid({'./d': link(`../../../../../../..${canary}`), './d/new': 'x'}),
  ],
  'an essential package behind its own link': [
    'refused',
    (canary) => debOf({fields: {Essential: 'yes'}, entries: {'./d': link(canary), './d/new': 'x'}}),
  ],
  'a link in the place of /etc/ssh': [
    'failed',
    (canary) => laid({'./etc/': directory, './etc/ssh': link(`${canary}/ssh`)}),
  ],
  'a link in the place of policy-rc.d': ['failed', (canary) => laid({'./usr/sbin/policy-rc.d': link(`${canary}/new`)})],
  'a link in the place of dpkg.cfg.d': [
    'failed',
    (canary) => laid({'./etc/dpkg/': directory, './etc/dpkg/dpkg.cfg.d': link(`${canary}/dpkg.cfg.d`)}),
  ],
  'a link in the place of /var/log': [
    'harmless',
    (canary) => laid({'./var/': directory, './var/log': link(`${canary}/log`)}),
  ],
  'a link in the place of /var/backups': [
    'harmless',
    (canary) => laid({'./var/': directory, './var/backups': link(canary)}),
  ],
  'a link in the place of /var/lib/dpkg/info': [
    'refused',
    (canary) => laid({'./var/lib/dpkg/': directory, './var/lib/dpkg/info': link(canary)}),
  ],
  'a link in the place of the documentation': [
    'harmless',
    (canary) => laid({'./usr/share/': directory, './usr/share/doc': link(canary)}),
  ],
  'a link in the place of /tmp': ['harmless', (canary) => laid({'./tmp': link(`${canary}/tmp`)})],
  'a link in the place of /run': ['harmless', (canary) => laid({'./run': link(canary)})],
  'a link in the place of /dev': ['harmless', (canary) => laid({'./dev': link(canary)})],
  'a link in the place of /proc': ['harmless', (canary) => laid({'./proc': link(canary)})],
  'a file in the place of /usr': ['failed', () => laid({'./usr': 'x'})],
  'our own directory': ['refused', (canary) => laid({'./.haos-build': link(canary)})],
  'links that go round in an essential package': [
    'refused',
    () => essential({'./a': link('b'), './b': link('a'), './a/new': 'x'}),
  ],
  'a link in the place of /dev in an essential package': ['refused', (canary) => essential({'./dev': link(canary)})],
  'a file in the place of /usr in an essential package': ['refused', () => essential({'./usr': 'x'})],
  'a hard link out of the root': [
    'refused',
    (canary) => laid({'./x': {type: 'hardlink', linkName: `../../../..${canary}/.bashrc`}}),
  ],
  'a hard link through a link': [
    'refused',
    (canary) => laid({'./d': link(canary), './x': {type: 'hardlink', linkName: './d/.bashrc'}}),
  ],
  'a hard link through a link, for dpkg': [
    'refused',
    (canary) => unpacked({'./d': link(canary), './x': {type: 'hardlink', linkName: './d/.bashrc'}}),
  ],
  'a link without a target': ['refused', () => laid({'./x': link('')})],
  // Devices and owners.
  'a disk': ['refused', () => laid({'./x': {type: 'block-device', major: 8, minor: 0}})],
  'the memory': ['refused', () => laid({'./x': {type: 'character-device', major: 1, minor: 1}})],
  'a pipe': ['harmless', () => laid({'./x': {type: 'fifo'}})],
  'an owner that nobody has': ['refused', () => laid({'./x': {uid: 0o7777777}})],
  // Sizes.
  'a member of negative size': ['refused', () => debOf({sizes: {'control.tar': '-60'}})],
  'a member larger than the archive': ['refused', () => debOf({sizes: {'data.tar': '9999999999'}})],
  'a member whose size is no number': ['refused', () => debOf({sizes: {'data.tar': '1e3'}})],
  'a bomb of gzip': ['refused', () => withData(gzipSync(zeros), 'data.tar.gz')],
  'a bomb of xz': ['refused', () => withData(xz(zeros), 'data.tar.xz')],
  'a bomb of zstd': ['refused', () => withData(zstdCompressSync(zeros), 'data.tar.zst')],
  'a bomb of control files': ['refused', () => debOf({members: {'control.tar.gz': gzipSync(zeros)}})],
  'a bomb that says how large it is': [
    'refused',
    () => debOf({fields: {'Installed-Size': '9'.repeat(30)}, members: {'data.tar.gz': gzipSync(zeros)}}),
  ],
  'a size in base 256': [
    'refused',
    () =>
      withData(
        tar(
          header({}, (block) => block.fill(0xff, 124, 136)),
          Buffer.alloc(512),
        ),
      ),
  ],
  'a size of 8 GiB in octal': [
    'refused',
    () => withData(tar(header({}, (block) => block.write('77777777777\0', 124)))),
  ],
  'a size of 10¹⁸ in a pax header': [
    'refused',
    () => withData(tar(pax(paxRecord('size=1000000000000000000')), file('x'))),
  ],
  'a size that is no number': ['refused', () => withData(tar(pax(paxRecord('size=NaN')), file('x')))],
  'a pax record of no length': ['refused', () => withData(tar(pax('1e-300 path=x\n'), file('x')))],
  'a pax record longer than its header': ['refused', () => withData(tar(pax('999 path=x\n'), file('x')))],
  'a name of four gigabytes': [
    'refused',
    () =>
      withData(
        tar(
          header({type: 'long-name'}, (block) => block.write('37777777777\0', 124)),
          file('x'),
        ),
      ),
  ],
  'a sparse file of GNU tar': ['refused', () => withData(tar(header({}, (block) => block.write('S', 156))))],
  'a sparse file in a pax header': [
    'refused',
    () => withData(tar(pax(paxRecord('GNU.sparse.realsize=1000000000000')), file('x'))),
  ],
  'data that ends in a header': ['refused', () => withData(tarOf({'./x': 'y'}).subarray(0, 1300))],
  'data that is no tar': ['refused', () => withData(Buffer.alloc(2048, 'x'))],
  'an unknown compression': ['refused', () => withData(Buffer.alloc(512), 'data.tar.lz4')],
  'damaged xz': ['refused', () => withData(Buffer.alloc(512, 'x'), 'data.tar.xz')],
  'no archive at all': ['refused', () => Buffer.from('<html>not found</html>\n'.repeat(100))],
  'two sets of files': [
    'refused',
    () => debOf({members: {'data.tar.gz': gzipSync(Buffer.alloc(1024)), 'data.tar': Buffer.alloc(1024)}}),
  ],
  // Names and fields.
  'a name that is a path': ['refused', (canary) => debOf({fields: {Package: `../../../../../../../..${canary}/new`}})],
  'an architecture that is a path': [
    'refused',
    (canary) => debOf({controlFiles: laidOut, fields: {Architecture: `../../..${canary}`, 'Multi-Arch': 'same'}}),
  ],
  'a name that is an option': ['refused', () => debOf({fields: {Package: '--root=/', Essential: 'yes'}})],
  'another package than the pinned one': ['refused', () => debOf({fields: {Package: 'bash'}})],
  'another version than the pinned one': ['refused', () => debOf({fields: {Version: '0.9'}})],
  'a second package in its control file': [
    'refused',
    () =>
      debOf({
        control: 'Package: hostile\nVersion: 1\nArchitecture: all\n\nPackage: sudo\nStatus: install ok installed\n',
      }),
  ],
  'a status of its own': ['refused', () => debOf({fields: {Status: 'install ok installed'}})],
  'a control file that is a path': ['refused', (canary) => debOf({controlFiles: {[`../../../..${canary}/new`]: 'x'}})],
  'no control file': ['refused', () => debOf({members: {'control.tar': tarOf({postinst: ''})}})],
  'a control file of megabytes': ['refused', () => debOf({fields: {Description: 'x'.repeat(2 << 20)}})],
  // Conffiles, triggers, diversions, configuration of dpkg.
  'a conffile out of the root': [
    'refused',
    (canary) => debOf({controlFiles: {...laidOut, conffiles: `/../../..${canary}/.bashrc\n`}}),
  ],
  'a conffile that is a link': [
    'harmless',
    (canary) => laid({'./etc/x': link(`${canary}/.bashrc`)}, {controlFiles: {...laidOut, conffiles: '/etc/x\n'}}),
  ],
  'a conffile that is all of /etc': [
    'harmless',
    () => laid({'./etc/': directory}, {controlFiles: {...laidOut, conffiles: '/etc\n'}}),
  ],
  'a trigger on everything': ['failed', () => debOf({controlFiles: {triggers: `interest ${'*a'.repeat(5000)}*b\n`}})],
  'a diversion out of the root': [
    'harmless',
    (canary) =>
      debOf({controlFiles: {preinst: script(`dpkg-divert --add --rename --divert ${canary}/new /etc/passwd || true`)}}),
  ],
  'a configuration of dpkg that runs programs': [
    'harmless',
    (canary) => laid({'./etc/dpkg/dpkg.cfg.d/x': `post-invoke=sh -c '${spoil(canary).replaceAll("'", '"')}'\n`}),
  ],
  // Scripts.
  'a preinst that reaches for the machine': [
    'harmless',
    (canary) => debOf({controlFiles: {preinst: script(spoil(canary))}}),
  ],
  'a postinst that reaches for the machine': ['harmless', (canary) => withScript('postinst', spoil(canary))],
  'a postinst that mounts and leaves its root': [
    'harmless',
    (canary) =>
      withScript(
        'postinst',
        `b=/usr/bin/busybox-tiny
        mkdir -p /mnt /mnt/old
        $b mount -t proc proc /mnt && exit 1
        $b mount --bind / /mnt && exit 1
        $b umount -l / && exit 1
        $b pivot_root /mnt /mnt/old && exit 1
        $b nsenter -t 1 -m touch ${canary}/new
        $b unshare -U -r touch ${canary}/new && exit 1
        $b unshare -m touch ${canary}/new && exit 1
        exit 0`,
      ),
  ],
  'a postinst that makes devices': [
    'harmless',
    () => withScript('postinst', '! /usr/bin/busybox-tiny mknod /disk b 8 0'),
  ],
  'a postinst that looks for the network': [
    'harmless',
    () => withScript('postinst', '[ "$(grep -c : /proc/net/dev)" = 1 ]'),
  ],
  'a postinst that looks for the machine': [
    'harmless',
    (canary) => withScript('postinst', `[ ! -e ${canary} ] && [ ! -e /etc/debian_version ] && [ ! -e /sys/kernel ]`),
  ],
  'a postinst that leaves something running': [
    'harmless',
    (canary) => withScript('postinst', `(while :; do ${spoil(canary)}\ndone) </dev/null >/dev/null 2>&1 &`),
  ],
  'a postinst that kills what it sees': [
    'failed',
    () => withScript('postinst', '/usr/bin/busybox-tiny kill -9 -1; kill -9 1'),
  ],
  'a postinst that makes a file of an exabyte': [
    'harmless',
    () => withScript('postinst', '/usr/bin/busybox-tiny truncate -s 1000000000000000000 /big || true'),
  ],
  'a postinst that wants new privileges': [
    'harmless',
    () => withScript('postinst', 'grep -q "^NoNewPrivs:.1" /proc/self/status'),
  ],
  'a postinst that is root of this machine': [
    'harmless',
    () =>
      withScript('postinst', 'read -r inside outside _ </proc/self/uid_map; [ "$inside" = 0 ] && [ "$outside" != 0 ]'),
  ],
  'a postinst with a limit of processes': [
    'harmless',
    () => withScript('postinst', 'grep -q "^Max processes  *4096 " /proc/self/limits'),
  ],
  'a postinst that makes a path too long for any program': [
    'harmless',
    () => withScript('postinst', 'i=0; while [ $i -lt 500 ]; do mkdir 0123456789 && cd 0123456789; i=$((i+1)); done'),
  ],
  'a postinst that makes what hides files in an overlay': [
    'harmless',
    () => withScript('postinst', '/usr/bin/busybox-tiny mknod /etc/passwd.hidden c 0 0'),
  ],
  'a postinst that removes its root': ['failed', () => withScript('postinst', 'rm -rf /usr /etc /var; true')],
  'a postinst that puts a link in the place of our own directory': [
    'harmless',
    (canary) => withScript('postinst', `rm -rf /.haos-build; ln -s ${canary} /.haos-build`),
  ],
  "a postinst that puts links in the place of dpkg's files": [
    'harmless',
    (canary) => withScript('postinst', `rm -rf /var/lib/dpkg/info; ln -s ${canary} /var/lib/dpkg/info`),
  ],
  'triggers that go round': [
    'failed',
    () =>
      debOf({
        controlFiles: {
          ...laidOut,
          triggers: 'interest-noawait round\n',
          postinst: script('dpkg-trigger --no-await round'),
        },
      }),
  ],
  'a postinst that fails': ['failed', () => withScript('postinst', 'exit 99')],
}

export const hostileDebs: ReadonlyMap<string, HostileDeb> = new Map(
  Object.entries(debs).map(([title, [outcome, make]]) => [title, {outcome, make}]),
)
