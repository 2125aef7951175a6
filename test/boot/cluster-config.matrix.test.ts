import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {buildSampleTarget} from '../image/sample-image.ts'
import {PodInGuest} from '../pod-in-guest.ts'
import type {ServedFiles} from '../served-files.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const scratch = mkdtempSync(join(tmpdir(), 'haos-cluster-config-test-'))

describe.skipIf(missing !== undefined)(`a node configured from its cluster (${missing ?? 'by a pod'})`, () => {
  let machine: Machine
  let pod: PodInGuest
  let served: ServedFiles
  beforeAll(async () => {
    const file = join(scratch, 'node.raw')
    const sample = await buildSampleTarget(scratch, 'disk', ['--set', 'managed=true'])
    served = sample.served
    execFileSync('cp', ['--sparse=always', sample.files['disk'] ?? '', file])
    machine = await Machine.start({disks: [{file}], memoryMiB: 768, linesInMessages: true})
    await started()
    pod = new PodInGuest(machine, 'myhost')
  })
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    served?.close()
    rmSync(scratch, {recursive: true, force: true})
  })

  const started = async () => {
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('test -s /run/k3s/node && ! test -e /run/haos/phase.running', {
      timeoutMs: 10 * minutes,
    })
    // The labels that the API has of the node.
    await machine.succeed(`echo '{"zone":"eu-1"}' | sudo tee /run/labels`)
  }
  /** Waits until an annotation was set, since the last call. */
  const reported = async (pattern: string) => {
    await machine.waitUntilSucceeds(`sudo grep -q -- ${JSON.stringify(pattern)} /run/kubectl`, {
      timeoutMs: 10 * minutes,
    })
    const said = await machine.succeed('sudo cat /run/kubectl')
    await machine.succeed('sudo truncate -s 0 /run/kubectl')
    return said
  }
  const parts = () =>
    machine.succeed(
      'sudo ls /var/lib/rancher/haos/config.d /var/lib/rancher/haos/config.d/50-cluster 2>/dev/null | grep -e config- -e secret- || true',
    )
  const file = (path: string, content: string) => `write_files: [{path: ${path}, content: ${content}}]`

  test('a server has the manifests of its image where Kubernetes applies them', async () => {
    expect(await machine.succeed('cd /var/lib/rancher/k3s/server/manifests && sudo find . -name "*.yaml" | sort')).toBe(
      './haos-config.yaml\n./manifest.yaml\n./system-upgrade-controller.yaml\n./system-upgrade-plans/haos-latest.yaml',
    )
  })

  test('a node without parts reports that it has none', async () => {
    await pod.update('config', {})
    await pod.update('secret', {})
    await pod.start()
    expect(await reported('config-applied=none')).toContain('config-parts- ')
  })

  test('parts for all, its role, its label and its name are applied, those of others are not, and secrets are 0600', async () => {
    await pod.update('secret', {'20-all.yaml': 'haos: {environment: {API_TOKEN: topsecret}}'})
    await pod.update('config', {
      '10-all.yaml': `${file('/etc/for-all', 'all')}\nhaos: {sysctls: {vm.swappiness: "11"}}`,
      '20-server.yaml': 'run_cmd: [echo server >>/run/ran]',
      '20-agent.yaml': 'run_cmd: [echo agent >>/run/ran]',
      '30-label.zone.eu-1.yaml': 'boot_manifests: []\nhaos: {modules: [dummy]}',
      '30-label.zone.eu-2.yaml': 'hostname: other',
      '40-node.myhost.yaml': file('/etc/for-node', 'node'),
      '40-node.other.yaml': 'hostname: other',
    })
    const said = await reported('config-parts=10-all.yaml')
    expect(said).toContain(
      'config-parts=10-all.yaml secret/20-all.yaml 20-server.yaml 30-label.zone.eu-1.yaml 40-node.myhost.yaml',
    )
    expect(said).not.toContain('topsecret')
    expect(await parts()).toBe(
      [
        '10-0-config-10-all.yaml',
        '20-0-secret-20-all.yaml',
        '20-1-config-20-server.yaml',
        '30-2-config-30-label.zone.eu-1.yaml',
        '40-3-config-40-node.myhost.yaml',
      ].join('\n'),
    )
    expect(await machine.succeed('sudo stat -c "%a %U" /var/lib/rancher/haos/config.d/50-cluster/* | sort -u')).toBe(
      '600 root',
    )
    // A later list replaces an earlier one.
    expect(await machine.succeed('ls /etc/for-*; cat /run/ran /proc/sys/vm/swappiness; hostname')).toBe(
      '/etc/for-node\nserver\n11\nmyhost',
    )
    expect(await machine.succeed('grep API_TOKEN /etc/environment')).toContain('topsecret')
    expect((await machine.run('sudo haos config status')).output).not.toContain('config.d')
  })

  test('changed arguments restart Kubernetes outside the pod, and what waits for a boot is reported', async () => {
    await pod.update('config', {
      '10-all.yaml': 'boot_cmd: [echo cluster >>/run/order]\nhaos: {k3s_args: [server, --debug]}',
    })
    const said = await reported('config-reboot-needed=boot_cmd ')
    for (const key of ['haos.modules', 'haos.sysctls', 'run_cmd', 'write_files']) expect(said).toContain(` ${key}`)
    await machine.waitUntilSucceeds('grep -qx -- --debug /run/k3s/arguments', {timeoutMs: 3 * minutes})
    await pod.kill()
    await machine.succeed('sleep 7; sudo rc-service k3s status')
    expect(await machine.succeed('cat /proc/$(pgrep -f "[k]3s server" | head -n 1)/cgroup')).not.toContain('pod')
    expect(await machine.succeed('cat /run/k3s/environment')).not.toContain('KUBERNETES_PORT')
    await pod.start()
    await reported('config-applied=sha256')
  })

  test('a mistake refuses the whole, and the last good one stays', async () => {
    const before = await parts()
    await pod.update('config', {'10-all.yaml': 'hostname: other', '20-server.yaml': 'hostnam: typo'})
    expect(await reported('config-refused=sha256')).toContain('config-problems=ConfigMap 20-server.yaml:1:1: hostnam')
    expect([await parts(), await machine.succeed('hostname')]).toEqual([before, 'myhost'])
  })

  test('a node that was off for a change catches up, and has booted with the last one', async () => {
    await machine.reboot({timeoutMs: 10 * minutes})
    await started()
    expect(await machine.succeed('cat /run/order; head -n 2 /run/k3s/arguments')).toMatch(
      /cluster[\s\S]*server\n--debug/,
    )
    await pod.update('secret', {})
    await pod.update('config', {'10-all.yaml': file('/etc/while-off', 'x')})
    await pod.start()
    const said = await reported('config-parts=10-all.yaml')
    expect(said).toContain('config-refused- ')
    expect(await machine.succeed('cat /etc/while-off')).toBe('x')
    expect(await parts()).toBe('10-0-config-10-all.yaml')
  })

  test('the parts of a ConfigMap that is gone are taken back', async () => {
    await pod.update('config', {})
    expect(await reported('config-applied=none')).toMatch(/config-reboot-needed=.*write_files/)
    expect(await parts()).toBe('')
    expect(await machine.succeed('sudo haos config --dump')).not.toContain('while-off')
    await machine.powerOff({timeoutMs: 5 * minutes})
  })
})
