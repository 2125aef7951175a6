import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine, type StartOptions} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {buildSampleTarget} from '../image/sample-image.ts'
import {serveTime} from '../ntp-server.ts'
import type {ServedFiles} from '../served-files.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const scratch = mkdtempSync(join(tmpdir(), 'haos-kubernetes-node-test-'))

describe.skipIf(missing !== undefined)(`a node of a cluster (${missing ?? 'with a stand-in for k3s'})`, () => {
  const file = join(scratch, 'node.raw')
  let served: ServedFiles
  beforeAll(async () => {
    const sample = await buildSampleTarget(scratch, 'disk')
    served = sample.served
    execFileSync('cp', ['--sparse=always', sample.files['disk'] ?? '', file])
  })
  afterAll(() => {
    served?.close()
    rmSync(scratch, {recursive: true, force: true})
  })

  const start = async (options: Partial<StartOptions> = {}) => {
    const machine = await Machine.start({disks: [{file}], memoryMiB: 768, linesInMessages: true, ...options})
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
    await machine.waitUntilSucceeds('test -s /run/k3s/node', {timeoutMs: 10 * minutes})
    return machine
  }

  test('has the role of its user data from the first start on, however long they take, and starts with the time of a time server', async () => {
    await using time = await serveTime()
    const medium = join(scratch, 'cidata.iso')
    makeIso(
      medium,
      [
        'write_files: [{path: /etc/rancher/k3s/removed.yaml, content: mirrors}]',
        // After a minute, OpenRC starts services even if one that they wait for is missing.
        'run_cmd: [sleep 75]',
        'haos: {k3s_args: [agent], ntp_servers: [10.0.2.2]}',
      ].join('\n'),
    )
    await using machine = await start({qemuArguments: ['-cdrom', medium, '-rtc', 'base=1980-01-01T00:00:00']})

    expect(await machine.succeed('head -n 1 /run/k3s/arguments; wc -l </run/k3s/starts; cat /run/k3s/node')).toBe(
      'agent\n1\naccepted',
    )
    const started = Number(await machine.succeed('cat /run/k3s/time')) * 1000
    expect(started).toBeGreaterThan(Date.parse('2026-11-01'))
    if (time !== undefined) expect(Math.abs(started - Date.now())).toBeLessThan(60 * minutes)

    await machine.succeed('sudo mkdir -p /etc/rancher/agent; echo mine | sudo tee /etc/rancher/agent/config.yaml')
    await machine.succeed(startContainer)
    await machine.powerOff({timeoutMs: 5 * minutes})
  })

  test('is the same node to its cluster after a reboot, and keeps files of others in /etc/rancher but not those of a removed config', async () => {
    await using machine = await start()

    expect(await machine.succeed('cat /var/lib/saved')).toMatch(/^default via /)
    expect(await machine.succeed('cat /run/k3s/node /etc/rancher/agent/config.yaml; hostname')).toBe(
      'accepted\nmine\nmyhost',
    )
    expect(await machine.succeed('head -n 2 /run/k3s/arguments')).toBe('server\n--disable-agent')
    expect(await machine.run('test -e /etc/rancher/k3s/removed.yaml')).toMatchObject({status: 1})
    expect(await machine.succeed('sudo cat /etc/rancher/k3s/k3s.env')).toContain('K3S_TOKEN=TOKEN_VALUE')
    const local = '/var/lib/rancher/haos/config.yaml'
    await machine.succeed(`echo 'haos: {data_sources: [hetzner]}' | sudo tee ${local}; sync`)
    await machine.powerOff({timeoutMs: 5 * minutes})
  })

  test('has no cluster while the cloud that it is in says nothing, and is what the cloud says once it does', async () => {
    await using machine = await Machine.start({
      disks: [{file}],
      memoryMiB: 768,
      linesInMessages: true,
      qemuArguments: ['-smbios', 'type=1,manufacturer=Hetzner'],
      // Else whatever the host itself finds at the address of clouds would answer.
      network: {restrict: true},
    })
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 10 * minutes})
    await machine.waitUntilSucceeds(
      'sudo haos config status | grep "has not answered completely: k3s is not started"',
      {
        timeoutMs: 10 * minutes,
      },
    )
    expect(await machine.run('ls /etc/init.d/k3s /run/k3s')).toMatchObject({status: 2})

    const served = '/tmp/cloud/hetzner/v1'
    const userdata = '#cloud-config\\nhostname: from-cloud\\nhaos: {k3s_args: [agent]}\\n'
    await machine.succeed(`mkdir -p ${served}/metadata && echo 1 >${served}/metadata/instance-id`)
    await machine.succeed(`printf '${userdata}' >${served}/userdata && sudo ip addr add 169.254.169.254/32 dev lo`)
    await machine.succeed('sudo busybox httpd -p 169.254.169.254:80 -h /tmp/cloud')
    await machine.waitUntilSucceeds('test -s /run/k3s/node', {timeoutMs: 10 * minutes})
    expect(await machine.succeed('head -n 1 /run/k3s/arguments; wc -l </run/k3s/starts; hostname')).toBe(
      'agent\n1\nfrom-cloud',
    )
    expect(await machine.succeed('cat /var/lib/rancher/haos/hostname')).toBe('from-cloud')
  })
})

function makeIso(file: string, userdata: string): void {
  const tree = join(scratch, 'cidata')
  mkdirSync(tree, {recursive: true})
  writeFileSync(join(tree, 'user-data'), `#cloud-config\n${userdata}\n`)
  writeFileSync(join(tree, 'meta-data'), 'instance-id: i-1\n')
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'cidata', '-R', '-J', '-o', file, tree], {stdio: 'ignore'})
}

/** A stand-in for a container that needs three seconds to save its data, and a network for that. */
const startContainer = [
  `printf '%s\\n' '#!/bin/sh' 'trap "sleep 3; ip route >/var/lib/saved; exit" TERM' 'while :; do sleep 0.2; done' >/tmp/database`,
  `printf '%s\\n' '#!/bin/sh' '/tmp/database & wait' >/tmp/containerd-shim`,
  'chmod +x /tmp/database /tmp/containerd-shim',
  'sudo setsid -f /tmp/containerd-shim </dev/null >/dev/null 2>&1',
  'sleep 1; pgrep -x containerd-shim',
].join('\n')
