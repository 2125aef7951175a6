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

test('without questions it formats the disk, copies the versions, and reboots', () => {
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

test('after a power cut there is either no boot code or everything that it loads', () => {
  const {install, changes} = node({config: valid})
  install('--silent')
  const at = (part: string | RegExp, from = 0) =>
    changes().findIndex(
      (line, index) => index >= from && (typeof part === 'string' ? line.includes(part) : part.test(line)),
    )
  const last = (part: RegExp) => changes().findLastIndex((line) => part.test(line))
  // The first sector is written first.
  expect(changes()[at(/^dd .*of=\/dev\/vda/)]).toContain('seek=0')
  // Only the check whether the disk is in use comes before.
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

test('the old UEFI loader is removed before anything that it loads', () => {
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

test('requests to an unreachable server are repeated', () => {
  const {host, install} = node()
  install('--silent', '--config-url', 'http://10.0.2.2/c.yaml')
  expect(host.requests).toHaveLength(5)
})

test('a config from a URL, a path, or the medium is installed with the same bytes', () => {
  const text = `# with a comment\n${valid}`
  const url = node({web: {'https://h/c.yaml': text}})
  url.install('--silent', '--config-url', 'https://h/c.yaml')
  expect(url.host.read(config)).toBe(text)
  const medium = node()
  medium.host.put('/run/haos/medium/mine.yaml', {content: text})
  expect(medium.install('--silent', '--config-url', 'file:///mine.yaml')).toBe(0)
  expect(medium.host.read(config)).toBe(text)
})

test('settings of the kernel command line are kept, except those of the installation', () => {
  const {host, install} = node({
    cmdline:
      'haos.mode=install haos.install.silent haos.install.device=/dev/vda haos.hostname=byname haos.password=x1y2',
    mode: 'install',
  })
  expect(install('--silent')).toBe(0)
  expect(host.read(config)).toBe('hostname: byname\nhaos:\n  password: x1y2\n')
})

test('consoles are those of the installation, and the chosen terminal is /dev/console', () => {
  const menu = (cmdline: string, ...flags: string[]) => {
    const {host, install} = node({config: valid, cmdline})
    install('--silent', ...flags)
    return host.read(`${state}/boot/grub/grub.cfg`) ?? ''
  }
  expect(menu('console=tty0 console=ttyS1,9600')).toMatch(
    /linux .* console=tty0 console=ttyS1,9600 norandmaps \$entry\n/,
  )
  expect(menu('console=tty0 console=ttyS1,9600')).toContain('serial --unit=1 --speed=9600\n')
  expect(menu('console=ttyS0,115200 console=tty1', '--tty', 'ttyS0')).toContain('console=tty1 console=ttyS0,115200 ')
  expect(menu('', '--tty', 'ttyS2', '--debug')).toMatch(
    /set entry="haos\.debug \$trial_words"[^}]* console=ttyS2,115200 norandmaps \$entry\n/,
  )
})

test('a dry run prints the steps and changes nothing', () => {
  const {install, changes, printed} = node({config: valid})
  expect(install('--silent', '--dry-run')).toBe(0)
  expect(printed).toContain('mkfs.ext4 -q -F -L HAOS_STATE /dev/vda3')
  expect(printed.join('\n')).not.toContain('geheimnis')
  // It checks whether the disk is in use, as the installation does.
  expect(changes()).toEqual(['wipefs --quiet --all --no-act /dev/vda'])
})

test('without formatting it uses the existing partitions, and needs space for the loader', () => {
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

test('over a bootable system, the file system is frozen before and after the renames, since GRUB does not read the journal of ext4', () => {
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

test('a takeover of the running root formats nothing, keeps its loader, and leaves the deletion to the next boot', () => {
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
  expect(other.errors.join()).toContain('ext4 is required')
  expect(other.changes()).toEqual([])
})

test('a disk with sectors of 4096 bytes gets no BIOS loader, since BIOS could not read it', () => {
  const {install, changes} = node({config: valid, disks: [testDisk('/dev/nvme0n1', {sectorBytes: 4096})]})
  expect(install('--silent')).toBe(0)
  expect(changes()).toContain('mkfs.vfat -F 16 -n HAOS_GRUB /dev/nvme0n1p2')
  // No core image is written.
  expect(changes().some((line) => /seek=2048/.test(line))).toBe(false)
})

const two = [
  disk,
  testDisk('/dev/vdb', {serial: 'DATA', partitions: [partition('/dev/vdb1', 1, {label: 'photos'})], table: 'gpt'}),
]

test('it asks for everything, explains wrong answers, shows a summary, and installs', () => {
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

test('an unusable config is reported and requested again, without showing its secrets', () => {
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

test('the consoles of a machine that installs itself ask nothing', () => {
  const {install, printed, changes} = node({mode: 'install', cmdline: 'haos.install.silent=true'})
  expect(install('--on-console')).toBe(0)
  expect(printed.join()).toContain('installs itself')
  expect(changes()).toEqual([])
})

test('without a terminal it asks nothing: it fails, and in install mode leaves the questions to the consoles', () => {
  const live = node()
  expect(live.install()).toBe(1)
  expect(live.errors.join()).toContain('use --silent')
  const installing = node({mode: 'install'})
  expect(installing.install()).toBe(0)
  expect(installing.printed.join()).toContain('on the consoles')
  expect([...live.changes(), ...installing.changes()]).toEqual([])
})
