import {execFileSync} from 'node:child_process'
import {copyFileSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {digestOfBytes} from '#engine'
import {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildTarget} from '../image/build-image.ts'
import {type ServedFiles, serveFiles} from '../served-files.ts'
import {standInK3s} from '../stand-in-k3s.ts'
import {clusterRoles} from './cluster-roles.ts'

const missing = await whyNoBoot({firmware: 'uefi'})
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const root = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'haos-cluster-test-'))
const recipe = join(scratch, 'haos.build.ts')
let programs: ServedFiles
beforeAll(async () => {
  copyFileSync(join(root, 'test/image/cluster/haos.build.ts'), recipe)
  copyFileSync(join(root, 'haos.lock.json'), join(scratch, 'haos.lock.json'))
  programs = await serveFiles({
    '/v1.34.3%2Bk3s1/k3s': standInK3s,
    '/v1.34.3%2Brke2r1/rke2.linux-amd64': standInK3s,
  })
})
afterAll(() => {
  programs.close()
  rmSync(scratch, {recursive: true, force: true})
})

function build(target: 'iso' | 'update', product: 'haos' | 'rke2os', version: string) {
  const mirror = `http://127.0.0.1:${programs.port}`
  const inputs = {product, version, mirror, sha256: digestOfBytes(standInK3s)}
  const set = Object.entries(inputs).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  return buildTarget(target, {recipe, out: join(scratch, `${product}-${version}`), arguments: set})
}

const login = async (machine: Machine, name: string) => {
  await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
  await machine.waitUntilSucceeds(`test -s /run/${name}/node`, {timeoutMs: 10 * minutes})
}

/** Gives the node each role after the other, and compares how its Kubernetes runs. */
async function tryRoles(machine: Machine, product: string, name: 'k3s' | 'rke2', mode: string) {
  for (const {what, section, argv, after = [], env = {}} of clusterRoles(name)) {
    const config = JSON.stringify({[product]: section})
    await machine.succeed(
      `sudo rm -f /run/${name}/node; echo '${config}' | sudo tee /var/lib/rancher/${product}/config.yaml`,
    )
    // With 1 it has reported what is unusual, such as a flag in place of a role.
    const applied = await machine.run(`sudo ${product} config`, {timeoutMs: 5 * minutes})
    expect(applied.status, `${what}: ${applied.output}`).toBeLessThanOrEqual(1)
    await machine.waitUntilSucceeds(`test -s /run/${name}/node`, {timeoutMs: 5 * minutes})
    const own = ['--node-label', `${product}.io/mode=${mode}`, '--node-label', `${product}.io/version=0.1.0`]
    expect((await machine.succeed(`sudo cat /run/${name}/arguments`)).split('\n'), what).toEqual([
      ...argv,
      ...own,
      ...after,
    ])
    const environment = (await machine.succeed(`sudo cat /run/${name}/environment`)).split('\n')
    const ours = environment.filter((line) => line.startsWith(name.toUpperCase()) || line.startsWith('HOME='))
    const wanted = {HOME: '/root', ...env}
    expect(ours.sort(), what).toEqual(
      Object.entries(wanted)
        .map(([key, value]) => `${key}=${value}`)
        .sort(),
    )
  }
}

describe.skipIf(missing !== undefined)(`a node of k3s (${missing ?? 'with a stand-in'})`, () => {
  test('has each role that its config gives it', async () => {
    const {iso = ''} = await build('iso', 'haos', '0.1.0')
    await using machine = await boot(iso, {memoryMiB: 768, linesInMessages: true})
    await login(machine, 'k3s')
    await machine.succeed('sudo mkdir -p /var/lib/rancher/haos')
    await tryRoles(machine, 'haos', 'k3s', 'live')
  })
})

describe.skipIf(missing !== undefined)(`rke2OS (${missing ?? 'with a stand-in for rke2'})`, () => {
  const disk = join(scratch, 'rke2os.raw')
  let served: ServedFiles
  beforeAll(async () => {
    const {iso = ''} = await build('iso', 'rke2os', '0.1.0')
    const {update = ''} = await build('update', 'rke2os', '0.2.0')
    const next = readFileSync(update)
    served = await serveFiles({
      '/config.yaml': 'hostname: node1\nrke2os: {password: geheim}\n',
      '/next.run': next,
      '/damaged.run': next.subarray(0, -4096),
    })
    const words = {
      mode: 'install',
      'install.device': '/dev/vda',
      'install.config_url': `http://10.0.2.2:${served.port}/config.yaml`,
      'install.silent': 'true',
      'install.power_off': 'true',
    }
    await using machine = await boot(iso, {
      firmware: 'uefi',
      memoryMiB: 768,
      disks: [{file: disk, sizeBytes: 6 * 2 ** 30}],
      appendCmdline: Object.entries(words)
        .map(([key, value]) => `rke2os.${key}=${value}`)
        .join(' '),
      failOn: [/not installed: .*/],
    })
    await machine.waitFor('Powering off', {timeoutMs: 15 * minutes})
    await machine.waitForExit({timeoutMs: 5 * minutes})
  })
  afterAll(() => served?.close())

  /** The installed node, whose disk stays as it was installed. */
  const start = async (firmware: 'bios' | 'uefi') => {
    const file = join(scratch, `${firmware}.raw`)
    execFileSync('cp', ['--sparse=always', disk, file])
    const machine = await Machine.start({
      ...{disks: [{file}], firmware, memoryMiB: 768},
      linesInMessages: true,
      mayPanic: true,
    })
    await login(machine, 'rke2')
    return machine
  }
  const confirmed = async (machine: Machine) => {
    await machine.reboot({timeoutMs: 5 * minutes})
    await login(machine, 'rke2')
    await machine.waitUntilSucceeds('sudo grep "trial is over" /var/log/upgrade.log', {timeoutMs: 10 * minutes})
    expect(await machine.succeed('rke2os --version; cat /run/rke2/node')).toBe('rke2os version 0.2.0\naccepted')
  }

  test('installed under UEFI, it boots there and is upgraded from a URL', async () => {
    await using machine = await start('uefi')
    expect(await machine.succeed('cat /run/rke2os/mode; rke2os --version; hostname; ls /sys/firmware')).toMatch(
      /^disk\nrke2os version 0\.1\.0\nnode1\n[\s\S]*\befi\b/,
    )
    const damaged = await machine.run(`sudo rke2os upgrade --source http://10.0.2.2:${served.port}/damaged.run`, {
      timeoutMs: 10 * minutes,
    })
    expect(damaged).toMatchObject({status: 1, output: expect.stringContaining('damaged or incomplete')})
    const next = `sudo rke2os upgrade --source http://10.0.2.2:${served.port}/next.run`
    expect(await machine.succeed(next, {timeoutMs: 15 * minutes})).toContain('0.2.0 boots next, on trial')
    await confirmed(machine)
    await machine.powerOff({timeoutMs: 5 * minutes})
  })

  test('under BIOS, it meets what rke2 checks for its profile, has each role, and is upgraded by one file', async () => {
    await using machine = await start('bios')
    expect(await machine.succeed('cat /run/rke2os/mode; rke2os --version; hostname')).toBe(
      'disk\nrke2os version 0.1.0\nnode1',
    )

    // What rke2 checks with its profile.
    expect(await machine.succeed('sudo cat /etc/rancher/rke2/config.yaml | tr -d " \\n"')).toBe(
      '{"cni":"canal","profile":"cis"}',
    )
    expect(await machine.succeed('stat -c "%a %U:%G" /etc/rancher/rke2/config.yaml; id -u etcd; id -g etcd')).toBe(
      '600 root:root\n52034\n52034',
    )
    expect(
      await machine.succeed('sudo sysctl -n vm.panic_on_oom vm.overcommit_memory kernel.panic kernel.panic_on_oops'),
    ).toBe('0\n1\n10\n1')

    // Tools of a cluster, of which rke2's do not know where its files are.
    expect(await machine.succeed('kubectl get pods; crictl ps; ctr version')).toBe(
      'kubectl get pods\ncrictl ps\nctr version',
    )
    expect(await machine.succeed('rke2os kubernetes')).toBe('rke2 v1.34.3+rke2r1 is ready: this node is a server.')

    await tryRoles(machine, 'rke2os', 'rke2', 'disk')

    // A stop ends what rke2 has started, and not its containers.
    await machine.succeed(
      'for name in kubelet containerd pause; do sudo cp /usr/bin/sleep /run/$name; sudo sh -c "/run/$name 1000 </dev/null >/dev/null 2>&1 &"; done',
    )
    await machine.succeed('sudo rc-service rke2 stop', {timeoutMs: 5 * minutes})
    // The first process looks once a second for those that have ended.
    await machine.waitUntilSucceeds('test "$(pgrep -xl "kubelet|containerd|pause" | cut -d " " -f 2)" = pause')
    await machine.succeed('sudo rc-service rke2 start', {timeoutMs: 5 * minutes})

    const fetched = (name: string) => `curl -sSfo /var/tmp/${name} http://10.0.2.2:${served.port}/${name}`
    const refused = await machine.run(`${fetched('damaged.run')} && sudo sh /var/tmp/damaged.run`, {
      timeoutMs: 10 * minutes,
    })
    expect(refused).toMatchObject({status: 1, output: expect.stringContaining('damaged or incomplete')})
    const said = await machine.succeed(`${fetched('next.run')} && sudo sh /var/tmp/next.run`, {
      timeoutMs: 15 * minutes,
    })
    expect(said).toContain('0.2.0 boots next, on trial')

    await confirmed(machine)
    expect(await machine.succeed('sudo cat /run/rke2/arguments')).toContain('rke2os.io/version=0.2.0')
    expect(
      await machine.succeed('sudo /usr/share/rancher/rke2os/scripts/rke2os-upgrade-kernel /var/tmp/next.run 2>&1'),
    ).toMatch(/deprecated[\s\S]*0\.2\.0 is installed already/)
    await machine.powerOff({timeoutMs: 5 * minutes})
  })
})
