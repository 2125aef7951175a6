import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'

const scriptOf = (path: string) => readFileSync(new URL(`files/${path}`, import.meta.url), 'utf8')

test('the shutdown ends a boot that is still in progress, and then stops the services', async () => {
  const run = scratchDirectory()
  mkdirSync(join(run, 'openrc/starting'), {recursive: true})
  for (const name of ['network-online', 'node-config']) writeFileSync(join(run, 'openrc/starting', name), '')
  // A separate process group, as from init, with a service that waits.
  const boot = spawn('sh', ['-c', 'sleep 1000 & wait'], {detached: true, stdio: 'ignore'})
  writeFileSync(join(run, 'start-services.pid'), `${boot.pid}\n`)
  const ended = once(boot, 'exit')
  const script = scriptOf('usr/libexec/stop-services')
    .replaceAll('/run/', `${run}/`)
    .replace('openrc shutdown', 'echo openrc shutdown')
  const {stdout, stderr, status} = spawnSync('sh', ['-c', script], {encoding: 'utf8'})

  expect({stdout, stderr, status}).toEqual({stdout: 'openrc shutdown\n', stderr: '', status: 0})
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect(existsSync(join(run, 'openrc/starting/network-online'))).toBe(false)
})

test('the shutdown of a node whose services have started only stops these', () => {
  const script = scriptOf('usr/libexec/stop-services')
    .replaceAll('/run/', `${scratchDirectory()}/`)
    .replace('openrc shutdown', 'echo openrc shutdown')
  expect(spawnSync('sh', ['-c', script], {encoding: 'utf8'}).stdout).toBe('openrc shutdown\n')
})

test.each([
  ['no cable is plugged in', {eth0: '0', lo: '1'}, 11, 'No network is plugged in'],
  ['a network does not answer', {eth0: '1', lo: '1'}, 61, 'There is no default route after 30 seconds'],
])('if %s, the boot continues without a network', (_, cards, looks, message) => {
  const net = scratchDirectory()
  for (const [name, carrier] of Object.entries(cards)) {
    mkdirSync(join(net, name))
    writeFileSync(join(net, name, 'carrier'), `${carrier}\n`)
  }
  const script = `${scriptOf('etc/init.d/network-online').replaceAll('/sys/class/net', net)}
route_of_ipv4() { return 1; }
route_of_ipv6() { return 1; }
ebegin() { :; }
ewend() { echo "$2"; }
sleep() { :; }
start
echo $i`
  expect(spawnSync('sh', ['-c', script], {encoding: 'utf8'}).stdout).toBe(`${message}; continuing without\n${looks}\n`)
})

test.each([
  ['until a link that the configuration awaits has its addresses', 5, ['eth0 4', 'eth0 6'], 'looks: 5'],
  [
    'at most 30 seconds for a link that the configuration awaits',
    1000,
    ['eth0 4'],
    'eth0 has no carrier or no IPv4 address after 30 seconds; continuing without\nlooks: 61',
  ],
  ['for no link that the configuration does not await', 1000, [], 'looks: 0'],
])('with a default route, the boot waits %s', (_, comesAt, awaited, printed) => {
  const directory = scratchDirectory()
  mkdirSync(join(directory, 'eth0'))
  writeFileSync(join(directory, 'eth0/carrier'), '1\n')
  writeFileSync(join(directory, 'awaited'), awaited.map((line) => `${line}\n`).join(''))
  const service = scriptOf('etc/init.d/network-online')
    .replaceAll('/sys/class/net', directory)
    .replaceAll('/run/node-network', directory)
  const script = `${service}
route_of_ipv4() { return 0; }
ip() {
  [ "$2" != -6 ] || echo '2: eth0 inet6 fe80::1/64 scope link'
  [ $i -lt ${comesAt} ] || echo "2: eth0 an address of $2 scope global"
}
ebegin() { :; }
eend() { :; }
ewend() { echo "$2"; }
sleep() { :; }
start
echo "looks: $i"`
  expect(spawnSync('sh', ['-c', script], {encoding: 'utf8'}).stdout).toBe(`${printed}\n`)
})

test.each([
  ['not started if there is no other device than the phase boot has searched', 'loop0 0\nvda 4096\n', ''],
  ['started if there is another one', 'vda 4096\n', 'network --apply\n'],
  ['started if there is a disc in a drive that was empty', 'loop0 2\nvda 4096\n', 'network --apply\n'],
])("without links of the configuration, the node's program is %s", (_, searched, printed) => {
  const directory = scratchDirectory()
  for (const [name, size] of Object.entries({vda: 4096, loop0: 0})) {
    mkdirSync(join(directory, 'block', name), {recursive: true})
    writeFileSync(join(directory, 'block', name, 'size'), `${size}\n`)
  }
  writeFileSync(join(directory, 'os-release'), 'ID=program\n')
  writeFileSync(join(directory, 'program'), '#!/bin/sh\necho "$@"\n', {mode: 0o755})
  writeFileSync(join(directory, 'searched'), searched)
  const script = scriptOf('etc/init.d/links')
    .replaceAll('/sys/class/block', join(directory, 'block'))
    .replaceAll('/run/node-network', directory)
    .replaceAll('/usr/lib/os-release', join(directory, 'os-release'))
    .replaceAll('/usr/bin/', `${directory}/`)
  const {stdout} = spawnSync('sh', ['-c', `${script}\nebegin() { :; }\neend() { :; }\nstart`], {encoding: 'utf8'})
  expect(stdout).toBe(printed)
})

test('the ssh host key is on the disk before the server shows it, and its public half before itself', () => {
  const directory = scratchDirectory()
  const script = `${scriptOf('etc/init.d/sshd').replaceAll('/var/lib/ssh', directory)}
checkpath() { :; }
ssh-keygen() { while [ "$1" != -f ]; do shift; done; echo key >"$2"; echo public >"$2.pub"; }
sync() { ls ${directory} | tr '\\n' ' '; echo; }
start_pre`
  // A hyphen in the name of a function is bash's.
  expect(spawnSync('bash', ['-c', script], {encoding: 'utf8'}).stdout.split('\n')).toEqual([
    'ssh_host_ed25519_key.new ssh_host_ed25519_key.pub ',
    'ssh_host_ed25519_key ssh_host_ed25519_key.pub ',
    '',
  ])
})

test('the name of an iSCSI initiator is on the disk before it is used', () => {
  const directory = scratchDirectory()
  const script = `${scriptOf('etc/init.d/iscsid').replaceAll('/var/lib/iscsi', directory)}
checkpath() { :; }
iscsi-iname() { echo iqn.x; }
modprobe() { echo used; }
sync() { echo "synced $(cat ${directory}/initiatorname.iscsi)"; }
start_pre
start_pre`
  expect(spawnSync('bash', ['-c', script], {encoding: 'utf8'}).stdout).toBe('synced InitiatorName=iqn.x\nused\nused\n')
})

test('a node that goes down gives its containers time to end, kills what stays, and unmounts volumes, the innermost first', async () => {
  const directory = scratchDirectory()
  const program = (name: string, ...lines: readonly string[]) =>
    writeFileSync(join(directory, name), ['#!/bin/sh', ...lines, ''].join('\n'), {mode: 0o755})
  const idle = 'while :; do sleep 0.1; done'
  program('polite', "trap 'sleep 0.3; echo saved >>log; exit 0' TERM", 'echo ready >>log', idle)
  program('stubborn', "trap '' TERM", 'echo ready >>log', idle)
  program('pause', "trap 'echo too early >>log; exit 0' TERM", 'echo ready >>log', idle)
  program('containerd-shim', './pause & ./polite & ./stubborn &', 'wait')
  const at = (path: string) => `overlay /var/lib/kubelet/${path} tmpfs rw 0 0\n`
  writeFileSync(join(directory, 'mounts'), `${at('pods/1/a\\040b')}/dev/sda / ext4 rw 0 0\n${at('pods/1/a\\040b/c')}`)
  const shim = spawn(join(directory, 'containerd-shim'), {cwd: directory, detached: true, stdio: 'ignore'})
  const ended = once(shim, 'exit')
  const log = () => readFileSync(join(directory, 'log'), {encoding: 'utf8', flag: 'a+'})
  while (log().split('\n').length < 4) await setTimeout(20)

  // Of this host's own containers the test knows nothing.
  const script = `${scriptOf('etc/init.d/pods').replaceAll('/proc/mounts', './mounts').replace('-le 60', '-le 10')}
pgrep() { command pgrep -s ${shim.pid} "$@"; }
timeout() { echo "$5" >>unmounted; }
ebegin() { :; }
eend() { :; }
sleep() { command sleep 0.02; }
stop`
  const {stderr, status} = spawnSync('sh', ['-c', script], {cwd: directory, encoding: 'utf8'})
  await ended

  expect({stderr, status}).toEqual({stderr: '', status: 0})
  expect(log()).toBe('ready\nready\nready\nsaved\n')
  expect(readFileSync(join(directory, 'unmounted'), 'utf8')).toBe(
    '/var/lib/kubelet/pods/1/a b/c\n/var/lib/kubelet/pods/1/a b\n',
  )
})

// OpenRC 0.56 stops the services of `after` and `use` together, and waits only for those of `want` and `need`.
test.each(['pods', 'local'])('the network is stopped after the service %s', (name) => {
  const {stdout} = spawnSync(
    'sh',
    ['-c', `${scriptOf(`etc/init.d/${name}`)}\nwant() { echo "$*"; }\nafter() { :; }\nkeyword() { :; }\ndepend`],
    {
      encoding: 'utf8',
    },
  )
  expect(stdout).toBe('network-online\n')
})

test.each([
  ['once no other process is left', '', '0'],
  ['after a second, if one does not end', 'setsid sleep 100 & until pgrep -x sleep >/dev/null; do :; done; ', '10'],
])('the shutdown goes on %s', async (_, others, looks) => {
  const shown = scratchDirectory()
  // The processes of a machine of its own: a namespace whose /proc has nothing of this one.
  const script = `${others}setsid sh -c '. ${shown}/kill-processes; sleep() { looks=$((looks + 1)); }; looks=0; await_end 10; echo $looks'`
  writeFileSync(join(shown, 'kill-processes'), scriptOf('etc/init.d/kill-processes'))
  const {stdout, stderr} = spawnSync(
    'unshare',
    ['--map-root-user', '--pid', '--fork', '--mount-proc', 'sh', '-c', `${script}; kill -9 -1 2>/dev/null || :`],
    {encoding: 'utf8'},
  )

  expect({stdout, stderr}).toEqual({stdout: `${looks}\n`, stderr: ''})
})

test('the end of a machine that was asked for by name does not wait for init', () => {
  const run = scratchDirectory()
  const end = (name: string) => {
    const script = (path: string) => scriptOf(path).replaceAll('/run/', `${run}/`).replaceAll('exec ', 'echo ')
    const asked = spawnSync('sh', ['-c', script('usr/libexec/end-machine'), `/usr/sbin/${name}`, '-d', '3'], {
      encoding: 'utf8',
    })
    const stopped = spawnSync('sh', ['-c', `openrc() { echo openrc; }\n${script('usr/libexec/stop-services')}`], {
      encoding: 'utf8',
    })
    return asked.stdout + stopped.stdout
  }

  expect(end('poweroff')).toBe('busybox poweroff -d 3\nopenrc\nbusybox poweroff -f\n')
  expect(end('reboot')).toBe('busybox reboot -d 3\nopenrc\nbusybox reboot -f\n')
})
