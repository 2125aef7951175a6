import {existsSync, readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {onTrial} from '../../test/node-on-trial.ts'
import {commandsRunBy, failed} from '../../test/program-host.ts'
import {foreignEnvironment, put} from '../../test/upgraded-node.ts'
import {writeTrial} from './boot-trial.ts'
import {readInstalled} from './installed.ts'

const read = (scratch: string, path: string) => readFileSync(join(scratch, path), 'utf8')

test('a healthy version is confirmed: nothing counts its boots, the watchdog is stopped, and older versions are deleted', () => {
  const {scratch, run, environment, printed} = onTrial()
  put(scratch, {'haos/system/haos/0.9/packages.squashfs': 'old'})
  expect(run('trial')).toBe(0)
  expect(printed.at(-1)).toBe('2.0 is healthy: the trial is over.')
  expect(environment()).toBeUndefined()
  expect(read(scratch, 'dev/watchdog0')).toBe('V')
  expect(existsSync(join(scratch, 'haos/system/haos/0.9'))).toBe(false)
  expect(existsSync(join(scratch, 'haos/system/haos/1.0'))).toBe(true)
})

test.each([
  [
    'a phase has not ended',
    {phases: JSON.stringify({initrd: [], boot: []})},
    'the phase runtime of the configuration has not ended',
  ],
  ['nobody can log in', {answers: {pgrep: failed}}, 'nobody can log in'],
] as const)('a version is not healthy while %s: the machine reboots, and the reason is kept', (_, options, reason) => {
  const {scratch, host, run, environment} = onTrial(options)
  expect(run('trial')).toBe(1)
  expect(environment()).toMatchObject({release: '2.0'})
  expect(read(scratch, 'dev/watchdog0')).toBe('')
  expect(host.read('/haos/system/releases/2.0/failure')).toBe(`${reason} 15 minutes after its start\n`)
})

const service = {'etc/runlevels/default/k3s': '', 'etc/init.d/k3s': ''}

test.each([
  [
    'a server',
    {...service, 'etc/rancher/k3s/k3s.yaml': ''},
    'k3s kubectl --kubeconfig /etc/rancher/k3s/k3s.yaml get --raw /readyz',
    'ok',
    '[+]ping ok\nfailed',
  ],
  [
    'an agent',
    service,
    'k3s kubectl --kubeconfig /var/lib/rancher/k3s/agent/kubelet.kubeconfig get node node1',
    'True',
    'False',
  ],
  [
    'an agent that was a server before',
    {...service, 'etc/init.d/k3s': 'arg_0=agent\n', 'etc/rancher/k3s/k3s.yaml': ''},
    'k3s kubectl --kubeconfig /var/lib/rancher/k3s/agent/kubelet.kubeconfig get node node1',
    'True',
    'False',
  ],
] as const)(
  '%s is healthy once Kubernetes is ready, unless the config does without',
  (_, files, command, ready, notReady) => {
    const node = (answer: string, config = '') => {
      const made = onTrial({config, answers: {[command]: answer}})
      put(made.scratch, files)
      return made
    }
    expect(node(ready).run('trial')).toBe(0)
    expect(node(notReady).run('trial')).toBe(1)
    const dead = node(failed)
    expect(dead.run('trial')).toBe(1)
    expect(dead.host.read('/haos/system/releases/2.0/failure')).toContain('k3s does not answer')
    expect(node(failed, 'haos: {upgrade: {trial: {kubernetes: false}}}').run('trial')).toBe(0)
  },
)

test('where stage 0 counts the boots of a trial, a healthy version ends it, and one that fails is replaced', () => {
  const confirmed = onTrial({hasGrub: false})
  expect(confirmed.environment()).toEqual({release: '2.0', boots: 3, minutes: 15})
  expect(confirmed.run('trial')).toBe(0)
  expect([confirmed.environment(), confirmed.host.list('/haos/system')]).toEqual([
    undefined,
    ['config.yaml', 'current', 'haos', 'kernel', 'previous', 'releases'],
  ])
  expect(read(confirmed.scratch, 'run/haos/state/boot/grub/grubenv')).toBe(foreignEnvironment)

  const gone = onTrial({hasGrub: false, layers: 'previous'})
  put(gone.scratch, {'run/haos/fellback': '2.0\n'})
  expect(gone.run('trial')).toBe(0)
  expect([gone.environment(), readInstalled(gone.host, gone.place).current.id]).toEqual([undefined, '1.0'])
})

test('a version whose layers stage 0 has replaced is given up at once', () => {
  const {host, run, environment} = onTrial({layers: 'previous'})
  expect(run('trial')).toBe(1)
  expect(environment()).toEqual({release: '2.0', boots: 0, minutes: 15})
  expect(host.read('/haos/system/releases/2.0/failure')).toBe('its files are damaged\n')
})

test('a version that runs although a file of it was damaged after it was installed is given up', () => {
  const {scratch, host, run, environment} = onTrial()
  put(scratch, {'haos/system/haos/2.0/system.squashfs': 'system 2.1 '})
  expect(run('trial')).toBe(1)
  expect(environment()).toEqual({release: '2.0', boots: 0, minutes: 15})
  expect(host.read('/haos/system/releases/2.0/failure')).toBe('its files are damaged\n')
})

test('where GRUB could not load the kernel and has started the previous version, that is the current one', () => {
  const {scratch, host, place, run, environment} = onTrial({layers: 'previous'})
  put(scratch, {'proc/cmdline': 'root=UUID=x haos.mode=disk haos.system=previous quiet haos.trial=15\n'})
  expect(run('trial')).toBe(0)
  expect([environment(), readInstalled(host, place).current.id]).toEqual([undefined, '1.0'])
  expect(host.read('/haos/system/releases/2.0/failure')).toBe('it did not start\n')
  expect(read(scratch, 'dev/watchdog0')).toBe('V')
})

test('after GRUB has gone back, the previous version is the current one, and the login says why', () => {
  const {scratch, host, place, run, printed, environment} = onTrial()
  put(scratch, {
    'run/haos/fellback': '2.0\n',
    'haos/system/releases/2.0/failure': 'k3s is not ready 15 minutes after its start\n',
  })
  expect(run('trial')).toBe(0)
  expect(environment()).toBeUndefined()
  const {current, previous, others} = readInstalled(host, place)
  expect([current.id, previous, others.map(({id, failure}) => [id, failure])]).toEqual([
    '1.0',
    undefined,
    [['2.0', 'k3s is not ready 15 minutes after its start']],
  ])
  expect(host.read('/etc/issue')).toContain(
    'HAOS 2.0 has failed and is not used: k3s is not ready 15 minutes after its start. This is the previous version.',
  )
  printed.length = 0
  expect(run('versions')).toBe(0)
  expect(printed.join('\n')).toContain('2.0, kernel 6.12.2, built 2026-11-01, failed: k3s is not ready')
  expect(run('rollback')).toBe(1)
})

test('after GRUB has gone back, a disk on which nothing can be written does not keep the trial going', () => {
  const {scratch, host, place, run, environment} = onTrial()
  put(scratch, {'run/haos/fellback': '2.0\n'})
  host.write = (path) => {
    throw new Error(`${path}: No space left on device`)
  }
  expect(run('trial')).toBe(0)
  expect([environment(), readInstalled(host, place).current.id]).toEqual([undefined, '1.0'])
})

test('the cluster is told of a version that failed, once it answers', () => {
  const kubectl = 'k3s kubectl --kubeconfig /var/lib/rancher/k3s/agent/kubelet.kubeconfig --request-timeout=5s'
  const {scratch, host, run} = onTrial({
    answers: {
      [`${kubectl} label --overwrite node node1 haos.io/failed-version=2.0`]: '',
      [`${kubectl} annotate --overwrite node node1 haos.io/failed-reason=it did not start`]: '',
    },
  })
  put(scratch, {...service, 'run/haos/fellback': '2.0\n'})
  const asked = commandsRunBy(host)
  expect(run('trial')).toBe(0)
  expect(asked.filter((line) => line.startsWith(kubectl))).toHaveLength(2)
})

test('a trial of a version that is not the current one ends: the upgrade was interrupted before the switch', () => {
  const {scratch, run, environment} = onTrial()
  put(scratch, {
    'run/haos/state/boot/grub/grubenv': read(scratch, 'run/haos/state/boot/grub/grubenv').replace(
      'trial=2.0',
      'trial=3.0',
    ),
  })
  expect(run('trial')).toBe(0)
  expect(environment()).toBeUndefined()
  expect(read(scratch, 'dev/watchdog0')).toBe('V')
})

test('an upgrade that was done before the services started, as by run_cmd, keeps its trial', () => {
  const {scratch, run, environment} = onTrial({isBooted: false})
  expect(run('trial')).toBe(0)
  expect([environment(), read(scratch, 'dev/watchdog0')]).toEqual([{release: '2.0', boots: 3, minutes: 15}, ''])
})

test('a boot without a trial leaves the software watchdog to others', () => {
  const {scratch, host, place, run} = onTrial()
  writeTrial(host, place, undefined)
  rmSync(join(scratch, 'run/haos/trial'))
  expect([run('trial'), read(scratch, 'dev/watchdog0')]).toEqual([0, ''])
})

test('a version that is confirmed takes back what an earlier failure has made the node say', () => {
  const kubectl = 'k3s kubectl --kubeconfig /var/lib/rancher/k3s/agent/kubelet.kubeconfig --request-timeout=5s'
  const {host, scratch, run} = onTrial()
  put(scratch, {'etc/init.d/k3s': ''})
  host.answers = {...host.answers, [`${kubectl} label`]: '', [`${kubectl} annotate`]: ''}
  const ran = commandsRunBy(host)
  expect(run('trial')).toBe(0)
  expect(ran.filter((line) => line.startsWith(kubectl))).toEqual([
    `${kubectl} label --overwrite node node1 haos.io/failed-version-`,
    `${kubectl} annotate --overwrite node node1 haos.io/failed-reason-`,
  ])
})

test('a full disk does not keep a version that is not healthy', () => {
  const {host, run} = onTrial({phases: '{}'})
  const {write} = host
  const ran = commandsRunBy(host)
  host.write = (path, ...rest) => {
    if (!path.startsWith('/dev/')) throw new Error(`${path}: No space left on device`)
    write.call(host, path, ...rest)
  }
  expect(run('trial')).toBe(1)
  expect(ran.at(-1)).toBe('reboot')
})

test('a trial that another command begins while files are compared is not ended by the confirmation of the last one', () => {
  const {host, place, run, environment} = onTrial()
  const really = host.run.bind(host)
  const next = {release: '3.0', boots: 3, minutes: 15}
  host.run = (argv, options) => {
    if (argv[0] === 'sha256sum') writeTrial(host, place, next)
    return really(argv, options)
  }
  expect(run('trial')).toBe(0)
  expect(environment()).toEqual(next)
})

test('a version with damaged files is rebooted at once, although nothing can be written', () => {
  const {host, run} = onTrial({layers: 'previous', answers: {dd: failed}})
  const ran = commandsRunBy(host)
  expect(run('trial')).toBe(1)
  expect(ran.at(-1)).toBe('reboot')
})
