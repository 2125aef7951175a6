import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {installNode} from '../../test/runtime/install-node.ts'
import {testDisk} from '../../test/runtime/test-disk.ts'
import type {FoundPartition} from './disks.ts'

type Options = Omit<Parameters<typeof installNode>[0], 'sha256' | 'disks'> & {
  readonly disks?: Parameters<typeof installNode>[0]['disks']
}

const disk = testDisk('/dev/vda')
const node = (options: Options = {}) =>
  installNode({
    disks: [disk],
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    ...options,
  })

const state = '/run/install/state'
const config = `${state}/haos/system/config.yaml`
const valid = 'hostname: node7\nhaos:\n  password: geheimnis\n'

const partition = (path: string, number: number, more: Partial<FoundPartition> = {}): FoundPartition => ({
  path,
  number,
  startBytes: number * 2 ** 20,
  sizeBytes: 2 ** 30,
  fileSystem: 'ext4',
  label: undefined,
  type: undefined,
  ...more,
})

test('without questions it formats the disk, copies the versions, and restarts', () => {
  const {host, install, changes, errors} = node({config: valid})
  expect(install('--silent', '--device', '/dev/vda')).toBe(0)
  expect(errors).toEqual([])
  const lines = changes().join('\n')
  for (const line of [
    'sfdisk --quiet --wipe never --wipe-partitions always /dev/vda',
    'mkfs.vfat -F 32 -s 1 -n HAOS_GRUB /dev/vda2',
    'mkfs.ext4 -q -F -L HAOS_STATE /dev/vda3',
    `cp -a /haos/system/kernel/6.12.0 ${state}/haos/system/kernel/.6.12.0.new`,
    `cp -a /haos/system/haos/1.2.3 ${state}/haos/system/haos/.1.2.3.new`,
    'reboot',
  ])
    expect(lines).toContain(line)
  expect(host.read(config)).toContain('hostname: node7')
  expect(host.lstat(config)?.mode).toBe(0o600)
})

test('a power cut finds either no boot code or everything that it leads to', () => {
  const {install, changes} = node({config: valid})
  install('--silent')
  const at = (part: string | RegExp, from = 0) =>
    changes().findIndex(
      (line, index) => index >= from && (typeof part === 'string' ? line.includes(part) : part.test(line)),
    )
  const last = (part: RegExp) => changes().findLastIndex((line) => part.test(line))
  // The first thing that is written is the first sector.
  expect(changes()[at(/^dd .*of=\/dev\/vda/)]).toContain('seek=0')
  // But for the question whether the disk is in use.
  expect(at('wipefs --quiet --all --no-act /dev/vda')).toBeLessThan(at(/^dd .*of=\/dev\/vda/))
  expect(at(/^dd .*of=\/dev\/vda/)).toBeLessThan(at('wipefs --quiet --all --force'))
  expect(at('cp -a')).toBeLessThan(at(`umount ${state}`))
  expect(at(`umount ${state}`)).toBeLessThan(at('BOOTX64.EFI /run/install/efi'))
  const named = at('mv "$3" "$1" && sync sh /run/install/efi')
  expect(changes()[named - 1]).toBe('sync')
  expect(named).toBeLessThan(at(/^dd .*seek=2048/))
  expect(at(/^dd .*seek=2048/)).toBeLessThan(last(/^dd .*of=\/dev\/vda .*seek=0/))
  expect(
    changes()
      .slice(last(/^dd .*seek=0/) + 1, -1)
      .filter((line) => !/^(?:umount|rmdir)/.test(line)),
  ).toEqual(['sync'])
})

test('the old loader for UEFI is gone before anything that it leads to', () => {
  const old = testDisk('/dev/vda', {
    table: 'gpt',
    partitions: [partition('/dev/vda1', 1), partition('/dev/vda2', 2, {fileSystem: 'vfat'}), partition('/dev/vda3', 3)],
  })
  const {install, changes} = node({config: valid, disks: [old]})
  install('--silent')
  expect(
    changes()
      .filter((line) => line.startsWith('wipefs --quiet --all --force'))
      .map((line) => line.split(' ').at(-1)),
  ).toEqual(['/dev/vda2', '/dev/vda1', '/dev/vda3', '/dev/vda'])
})

test('a server that comes up late is asked again', () => {
  const {host, install} = node()
  install('--silent', '--config-url', 'http://10.0.2.2/c.yaml')
  expect(host.requests).toHaveLength(5)
})

test('a config from a URL, a path, or the medium is installed byte by byte', () => {
  const text = `# with a comment\n${valid}`
  const url = node({web: {'https://h/c.yaml': text}})
  url.install('--silent', '--config-url', 'https://h/c.yaml')
  expect(url.host.read(config)).toBe(text)
  const medium = node()
  medium.host.put('/run/haos/medium/mine.yaml', {content: text})
  expect(medium.install('--silent', '--config-url', 'file:///mine.yaml')).toBe(0)
  expect(medium.host.read(config)).toBe(text)
})

test('what the kernel command line said is kept, but for how to install', () => {
  const {host, install} = node({
    cmdline:
      'haos.mode=install haos.install.silent haos.install.device=/dev/vda haos.hostname=byname haos.password=x1y2',
    mode: 'install',
  })
  expect(install('--silent')).toBe(0)
  expect(host.read(config)).toBe('hostname: byname\nhaos:\n  password: x1y2\n')
})

test('consoles are those of the installation, and the wanted terminal is /dev/console', () => {
  const menu = (cmdline: string, ...flags: string[]) => {
    const {host, install} = node({config: valid, cmdline})
    install('--silent', ...flags)
    return host.read(`${state}/boot/grub/grub.cfg`) ?? ''
  }
  expect(menu('console=tty0 console=ttyS1,9600')).toMatch(/linux .* console=tty0 console=ttyS1,9600 norandmaps quiet\n/)
  expect(menu('console=tty0 console=ttyS1,9600')).toContain('serial --unit=1 --speed=9600\n')
  expect(menu('console=ttyS0,115200 console=tty1', '--tty', 'ttyS0')).toContain('console=tty1 console=ttyS0,115200 ')
  expect(menu('', '--tty', 'ttyS2', '--debug')).toContain('console=ttyS2,115200 norandmaps haos.debug\n')
})

test('it shows what it would do, and does nothing', () => {
  const {install, changes, printed} = node({config: valid})
  expect(install('--silent', '--dry-run')).toBe(0)
  expect(printed).toContain('mkfs.ext4 -q -F -L HAOS_STATE /dev/vda3')
  expect(printed.join('\n')).not.toContain('geheimnis')
  // It asks the kernel whether the disk is in use, as the installation does.
  expect(changes()).toEqual(['wipefs --quiet --all --no-act /dev/vda'])
})

test('without formatting it uses what is there, and needs a place for the loader', () => {
  const prepared = testDisk('/dev/vda', {
    table: 'gpt',
    partitions: [
      partition('/dev/vda1', 1, {type: '21686148-6449-6e6f-744e-656564454649', fileSystem: undefined}),
      partition('/dev/vda2', 2),
    ],
  })
  const {install, changes, errors} = node({config: valid, disks: [prepared]})
  expect(install('--silent', '--no-format', '--device', '/dev/vda2')).toBe(0)
  expect(changes()).toContain('e2label /dev/vda2 HAOS_STATE')
  expect(changes().filter((line) => /^(?:mkfs|wipefs|sfdisk)/.test(line))).toEqual([])

  const forced = node({config: valid, disks: [prepared]})
  expect(forced.install('--silent', '--no-format', '--device', '/dev/vda2', '--force-efi')).toBe(1)
  expect(forced.errors.join()).toContain('no EFI system partition')
  expect(forced.changes()).toEqual([])
  expect(errors).toEqual([])
})

test('over a system that boots, GRUB finds everything in its place before and after the renames, without the journal of ext4', () => {
  const prepared = testDisk('/dev/vda', {
    table: 'gpt',
    partitions: [
      partition('/dev/vda1', 1, {type: '21686148-6449-6e6f-744e-656564454649', fileSystem: undefined}),
      partition('/dev/vda2', 2),
    ],
  })
  const {install, changes} = node({config: valid, disks: [prepared]})
  expect(install('--silent', '--no-format', '--device', '/dev/vda2')).toBe(0)
  const frozen = changes().flatMap((line, index) => (line.includes('fsfreeze --freeze') ? [index] : []))
  const renames = changes().flatMap((line, index) => (/^mv -T|mv -T \.current\.copy/.test(line) ? [index] : []))

  expect(frozen).toHaveLength(2)
  expect(Math.min(...renames)).toBeGreaterThan(frozen[0] ?? 0)
  expect(Math.max(...renames)).toBeLessThan(frozen[1] ?? 0)
})

test('a running root is taken over: nothing is formatted, its loader stays, and what is to go is told to the next boot', () => {
  const running = testDisk('/dev/vda', {
    table: 'gpt',
    partitions: [
      partition('/dev/vda1', 1, {label: 'cloudimg-rootfs'}),
      partition('/dev/vda15', 15, {fileSystem: 'vfat'}),
    ],
    usedBy: ['/'],
  })
  const {host, install, changes, errors} = node({config: valid, disks: [running]})
  expect(install('--silent', '--stay', '--takeover=poweroff', '--device=/dev/vda1')).toBe(0)
  expect(errors).toEqual([])
  expect(changes()).toContain('e2label /dev/vda1 HAOS_STATE')
  expect(changes().filter((line) => /^(?:mkfs|wipefs|sfdisk|dd|reboot|poweroff)|vfat/.test(line))).toEqual([])
  expect(host.read(`${state}/haos/system/takeover`)).toBe('poweroff\n')
  expect(host.read(`${state}/haos/system/growpart`)).toBe('')
  expect(host.read(`${state}/boot/grub/grub.cfg`)).toContain('menuentry "HAOS Current"')

  const other = node({disks: [testDisk('/dev/vda', {partitions: [partition('/dev/vda1', 1, {fileSystem: 'xfs'})]})]})
  expect(other.install('--silent', '--takeover=poweroff', '--device=/dev/vda1')).toBe(1)
  expect(other.errors.join()).toContain('must hold ext4')
  expect(other.changes()).toEqual([])
})

test('a disk with sectors of 4096 bytes gets no loader for BIOS, which could not read it', () => {
  const {install, changes} = node({config: valid, disks: [testDisk('/dev/nvme0n1', {sectorBytes: 4096})]})
  expect(install('--silent')).toBe(0)
  expect(changes()).toContain('mkfs.vfat -F 16 -n HAOS_GRUB /dev/nvme0n1p2')
  // The first sector is only ever read, and found to be without boot code once it has been removed.
  expect(changes().some((line) => /seek=2048/.test(line))).toBe(false)
})

const two = [
  disk,
  testDisk('/dev/vdb', {serial: 'DATA', partitions: [partition('/dev/vdb1', 1, {label: 'photos'})], table: 'gpt'}),
]

test('it asks for everything, explains wrong answers, shows it once more, and installs', () => {
  const {host, install, printed, changes, left} = node({
    disks: two,
    answers: [
      ...['', '7', 'vdb', '1'], // the disk
      ...['perhaps', 'n'], // a config.yaml
      ...['y', 'not a name!', 'octocat, hubot'],
      ...['geheim1', 'geheim2', 'geheim1', 'geheim1'],
      ...['y', '', 'home', 'short', 'long enough', 'n'],
      ...['3', '2', 'http://no', 'https://10.0.0.1:6443', '', 'K10abc'],
      ...['what', 'y'],
      '',
    ],
  })
  expect(install()).toBe(0)
  expect(left).toEqual([])
  const screen = printed.join('\n')
  expect(screen).toContain('/dev/vdb · 100 GB · serial DATA · ext4 photos')
  expect(screen).toContain('Answer with a number from 1 to 2.')
  expect(screen).toContain('The passwords differ.')
  expect(screen).toContain('The whole disk is formatted: /dev/vda')
  expect(screen.match(/geheim1|K10abc|long enough/)).toBeNull()
  expect(changes()).toContain('mkfs.ext4 -q -F -L HAOS_STATE /dev/vda3')
  expect(changes().some((line) => line.includes('/dev/vdb'))).toBe(false)
  const text = host.read(config) ?? ''
  for (const part of ['github:octocat', 'github:hubot', 'password: geheim1', 'server_url:', 'K10abc', 'long enough'])
    expect(text).toContain(part)
})

test.each([
  ['the last question is answered with no', ['n', 'n', '', 'n', '', '', 'n'], 'cancelled: nothing was changed'],
  ['the input ends', ['n', 'n'], 'the input has ended'],
])('when %s, nothing is changed', (_, answers, reason) => {
  const {install, changes, errors} = node({answers})
  expect(install()).toBe(1)
  expect(errors.join()).toContain(reason)
  expect(changes()).toEqual([])
})

test('a config that cannot be used is told, and asked for again; no secret of it is shown', () => {
  const good = `${valid}  token: "geh\\x65im"\n`
  const {host, install, printed} = node({
    web: {'http://h/bad.yaml': 'hostnam: x\n', 'http://h/good.yaml': good},
    answers: ['y', 'good.yaml', 'http://h/bad.yaml', 'http://h/good.yaml', 'y', ''],
  })
  expect(install()).toBe(0)
  expect(printed.join('\n')).toContain('hostnam ')
  expect(printed.join('\n')).not.toMatch(/geheim|x65/)
  expect(host.read(config)).toBe(good)
})

test('a console of a machine that installs itself asks nothing', () => {
  const {install, printed, changes} = node({mode: 'install', cmdline: 'haos.install.silent=true'})
  expect(install('--on-console')).toBe(0)
  expect(printed.join()).toContain('installs itself')
  expect(changes()).toEqual([])
})

test('where there is no terminal it asks nothing: it is refused, and in mode install left to the consoles', () => {
  const live = node()
  expect(live.install()).toBe(1)
  expect(live.errors.join()).toContain('use --silent')
  const installing = node({mode: 'install'})
  expect(installing.install()).toBe(0)
  expect(installing.printed.join()).toContain('on the consoles')
  expect([...live.changes(), ...installing.changes()]).toEqual([])
})
