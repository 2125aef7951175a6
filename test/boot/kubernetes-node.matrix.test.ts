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
        'write_files: [{path: /etc/rancher/k3s/registries.yaml, content: mirrors}]',
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
    await machine.powerOff({timeoutMs: 5 * minutes})
  })

  test('is the same node to its cluster after a reboot, and keeps files of others in /etc/rancher but not those of a removed config', async () => {
    await using machine = await start()

    expect(await machine.succeed('cat /run/k3s/node /etc/rancher/agent/config.yaml; hostname')).toBe(
      'accepted\nmine\nmyhost',
    )
    expect(await machine.succeed('head -n 2 /run/k3s/arguments')).toBe('server\n--disable-agent')
    expect(await machine.run('test -e /etc/rancher/k3s/registries.yaml')).toMatchObject({status: 1})
    expect(await machine.succeed('sudo cat /etc/rancher/k3s/k3s.env')).toContain('K3S_TOKEN=TOKEN_VALUE')
    await machine.powerOff({timeoutMs: 5 * minutes})
  })
})

function makeIso(file: string, userdata: string): void {
  const tree = join(scratch, 'cidata')
  mkdirSync(tree, {recursive: true})
  writeFileSync(join(tree, 'user-data'), `#cloud-config\n${userdata}\n`)
  writeFileSync(join(tree, 'meta-data'), 'instance-id: i-1\n')
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'cidata', '-R', '-J', '-o', file, tree], {stdio: 'ignore'})
}
