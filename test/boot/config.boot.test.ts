import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {hostNeeds} from '../../docs/kubernetes-needs.ts'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {airgapArchive, buildSampleImage, sampleArchive, sampleManifest} from '../image/sample-image.ts'
import type {ServedFiles} from '../served-files.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const scratch = mkdtempSync(join(tmpdir(), 'haos-config-test-'))

let served: ServedFiles
let iso = ''
beforeAll(async () => {
  if (missing === undefined) ({iso, served} = await buildSampleImage(scratch))
})
afterAll(() => {
  served?.close()
  rmSync(scratch, {recursive: true, force: true})
})

describe.skipIf(missing !== undefined)(`a config with every key (${missing ?? 'and a stand-in for k3s'})`, () => {
  let machine: Machine
  beforeAll(async () => {
    const medium = join(scratch, 'cidata.iso')
    makeIso(
      medium,
      '#cloud-config\nhostname: given.lab.example\nwrite_files: [{path: /run/from-userdata, content: userdata}]\n',
    )
    machine = await boot(iso, {
      memoryMiB: 768,
      appendCmdline: 'haos.server_url=https://appended:6443',
      // A server for names that are not valid host names and must not be looked up.
      network: false,
      qemuArguments: [
        ...['-cdrom', medium, '-device', 'virtio-net-pci,netdev=lan'],
        ...['-netdev', 'user,id=lan,hostname=dhcp_Name,domainname=dhcp.example'],
        ...['-netdev', 'user,id=later,ipv6=off,net=10.0.3.0/24,restrict=on'],
      ],
      logFile: join(scratch, 'log'),
    })
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('test -s /run/k3s/environment && grep local /run/order', {timeoutMs: 20 * minutes})
  })
  afterAll(() => machine?.[Symbol.asyncDispose]())

  test('user data on a medium with the label cidata is applied in the runtime phase, over the built-in config', async () => {
    expect(await machine.succeed('cat /run/from-userdata; cat /etc/hostname; grep -c given /etc/hosts')).toBe(
      'userdatagiven.lab.example\n1',
    )
  })

  test('its name is the configured one, whatever DHCP says, and resolves in full and short form', async () => {
    expect(await machine.succeed('hostname; getent hosts given.lab.example given')).toMatch(
      /^given\.lab\.example\n127\.0\.1\.1 +given\.lab\.example given\n127\.0\.1\.1 +given\.lab\.example given$/,
    )
  })

  test('its time zone is the configured one, also for what mounts only the file', async () => {
    expect(await machine.succeed('date -d 2026-07-01T12:00Z +%Z; cat /etc/timezone; test ! -L /etc/localtime')).toBe(
      'CEST\nEurope/Berlin',
    )
  })

  test('users have their accounts, groups, homes and keys, and become root by sudo', async () => {
    expect(await machine.succeed('getent passwd ops agent; id -nG ops; sudo stat -c "%a %U" ~ops')).toBe(
      'ops:x:1001:1001::/home/ops:/bin/bash\nagent:x:899:899::/home/agent:/usr/sbin/nologin\nops adm operators\n750 ops',
    )
    expect(await machine.succeed('sudo su - ops -c "sudo id -un"')).toBe('root')
    const key = '/run/key-of-ops'
    await machine.succeed(
      `sudo ssh-keygen -qt ed25519 -N '' -f ${key} && sudo cat ${key}.pub | sudo tee -a ~ops/.ssh/authorized_keys`,
    )
    expect(
      await machine.succeed(
        `sudo ssh -i ${key} -o StrictHostKeyChecking=no -o BatchMode=yes ops@localhost sudo id -un 2>/dev/null`,
      ),
    ).toBe('root')
  })

  test('compressed swap is in use', async () => {
    expect(await machine.succeed('tail -n +2 /proc/swaps | tr -s "\\t " "  " | cut -d " " -f 1,5')).toBe(
      '/dev/zram0 100',
    )
  })

  test('files, keys, modules and sysctls match the config', async () => {
    expect(await machine.succeed('sudo cat /etc/encoded; stat -c "%a %U:%G" /etc/encoded')).toBe(
      'encoded\n600 rancher:adm',
    )
    expect(
      await machine.succeed('grep . ~/.ssh/authorized_keys | cut -d " " -f 3; stat -c %a ~/.ssh/authorized_keys'),
    ).toBe('me\nserved\n600')
    expect(await machine.succeed('ls -d /sys/module/nvme; ls /sys/class/net | grep -c dummy')).toBe(
      '/sys/module/nvme\n3',
    )
    expect(
      await machine.succeed('cat /proc/sys/kernel/printk | tr -s "\\t" " "; cat /proc/sys/kernel/kptr_restrict'),
    ).toBe('4 4 1 7\n1')
  })

  test('the commands and the local programs run in the order of the phases', async () => {
    expect(await machine.succeed('cat /run/order')).toBe('init\nboot\nrun\nlocal')
  })

  test('connman has the time servers and the networks, whose passphrases only root can read, and contacts no other server', async () => {
    const main = await machine.succeed('cat /etc/connman/main.conf')
    expect(main).toContain('EnableOnlineCheck=false\n')
    expect(main).toContain('AllowHostnameUpdates=false\n')
    expect(main).toContain('FallbackTimeservers=0.us.pool.ntp.org,1.us.pool.ntp.org')
    expect(await machine.run('sudo grep -c "online check t[o]" /var/log/messages')).toMatchObject({output: '0'})
    expect(await machine.run('cat /var/lib/connman/cloud-config.config')).not.toMatchObject({status: 0})
    expect(await machine.succeed('sudo cat /var/lib/connman/cloud-config.config')).toMatch(
      /Passphrase=mypassword\nName=home\n[\s\S]*Passphrase=somethingelse\nName=nothome/,
    )
  })

  test('the environment reaches logins', async () => {
    expect(await machine.succeed("sudo su - rancher -c 'printenv EDGE NO_PROXY'")).toBe('a "quoted" value\nsomeserver')
  })

  test('k3s runs with the given arguments, labels and taints, the server of the command line, and the secrets in its environment only', async () => {
    expect((await machine.succeed('sudo cat /run/k3s/arguments')).split('\n')).toEqual([
      ...['server', '--disable-agent'],
      ...['--node-label', 'haos.io/mode=live'],
      ...['--node-label', 'haos.io/version=0.1.0'],
      ...['--node-label', 'region=us-west-1'],
      ...['--node-label', 'somekey=somevalue'],
      ...['--node-taint', 'key1=value1:NoSchedule'],
      ...['--node-taint', 'key1=value1:NoExecute'],
    ])
    const environment = await machine.succeed('sudo cat /run/k3s/environment')
    expect(environment).toContain('K3S_URL=https://appended:6443\n')
    expect(environment).toContain('K3S_TOKEN=TOKEN_VALUE\n')
    expect(environment).toContain('EDGE=a "quoted" value\n')
    // Processes end while they are listed.
    expect(
      await machine.run('sudo cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " " | grep -c TOKEN_VALU[E]'),
    ).toMatchObject({output: '0'})
    // Files that others than their owner may read, except those of the k3s stand-in, which belong to the test.
    expect(
      await machine.run(
        'sudo find /run /var /etc /tmp -xdev -name k3s -prune -o -type f -perm /077 -exec grep -lE "TOKEN_VALU[E]|gehei[m]|mypasswor[d]" {} +',
      ),
    ).toMatchObject({output: ''})
  })

  test('k3s has no service before user data are read, and is started once, with their role', async () => {
    expect(await machine.succeed('cat /run/too-early; wc -l </run/k3s/starts; cat /run/k3s/node')).toBe('1\naccepted')
  })

  test.each(hostNeeds.map(({need, check}) => [need, check] as const))('Kubernetes finds %s', async (_, check) => {
    expect(await machine.run(check, {timeoutMs: 5 * minutes})).toMatchObject({status: 0})
  })

  test('interfaces of network plugins get no address and no route of the node, whatever their names', async () => {
    const make = [
      'sudo ip link add gw1 type dummy && sudo ip link add antrea0 type veth peer name eni123',
      'card=$(head -n 1 /run/real-cards) && sudo ip link add mv0 link $card type macvlan',
      'for i in gw1 antrea0 eni123 mv0; do sudo ip link set $i up; done',
    ]
    await machine.succeed(make.join(' && '))
    // DHCP on the macvlan was answered within two seconds.
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    expect(
      await machine.succeed(
        'for i in gw1 antrea0 eni123 mv0; do ip -o addr show dev $i scope global; done; ip route; ip -6 route show default',
      ),
    ).not.toMatch(/gw1|antrea0|eni123|mv0/)
    await machine.succeed('for i in gw1 antrea0 mv0; do sudo ip link del $i; done')
  })

  test('a card that is plugged in later is managed, too', async () => {
    const card = 'basename $(grep -l 52:54:00:00:00:02 /sys/class/net/*/address | xargs dirname)'
    await machine.qmp('device_add', {
      driver: 'virtio-net-pci',
      id: 'later',
      bus: 'port0',
      netdev: 'later',
      mac: '52:54:00:00:00:02',
    })
    await machine.waitUntilSucceeds(
      `card=$(${card}) && grep -x $card /run/real-cards && ip -4 addr show dev $card | grep 10.0.3.15`,
    )

    await machine.qmp('device_del', {id: 'later'})
    await machine.waitUntilSucceeds(`! ip link | grep 52:54:00:00:00:02`)
  })

  test('a node with fixed addresses asks the name servers of its config, with IPv6 alone too, and with DHCP those of the network', async () => {
    const servers = "grep ^nameserver /etc/resolv.conf | tr '\\n' ' '"
    const own = 'nameserver 8.8.8.8 nameserver 1.1.1.1 '
    await machine.waitUntilSucceeds(`test "$(${servers})" = 'nameserver 10.0.2.3 '`)
    const restart = 'sudo rc-service --nodeps connman restart'
    // As at a boot: from DHCP to a fixed address, connman keeps the name servers that it has.
    const set = (lines: string) =>
      machine.succeed(
        `printf '[service_eth]\\nType=ethernet\\n${lines}' | sudo tee /var/lib/connman/default.config; ${restart}`,
      )
    await set('IPv4=10.0.2.77/255.255.255.0/10.0.2.2\\nIPv6=off\\n')
    await machine.waitUntilSucceeds(`ip addr | grep -q 10.0.2.77 && test "$(${servers})" = '${own}'`)
    await set('IPv4=off\\nIPv6=fec0::77/64/fec0::2\\n')
    await machine.waitUntilSucceeds(`ip addr | grep -q fec0::77 && ! ip -4 addr | grep -q 10.0.2.`)
    await machine.waitUntilSucceeds(`test "$(${servers})" = '${own}'`)
    await machine.succeed(`sudo rm /var/lib/connman/default.config; ${restart}`)
    await machine.waitUntilSucceeds(`test "$(${servers})" = 'nameserver 10.0.2.3 '`)
  })

  test('k3s is restarted if it dies, and not if nothing has changed', async () => {
    await machine.succeed('sudo haos config')
    expect(await machine.succeed('wc -l </run/k3s/starts')).toBe('1')
    await machine.succeed('sudo pkill -KILL -f "^/bin/sh .*k3s"')
    await machine.waitUntilSucceeds('test "$(wc -l </run/k3s/starts)" = 2')
  })

  test('k3s finds the container images of its release and of the recipe, and a registries.yaml that only root can read', async () => {
    expect(await machine.succeed('sudo cat /run/k3s/images')).toBe(`${sampleArchive}${airgapArchive}`.trimEnd())
    expect(await machine.succeed('stat -c "%a %U:%G" /etc/rancher/k3s/registries.yaml')).toBe('600 root:root')
    expect(await machine.succeed('sudo cat /etc/rancher/k3s/registries.yaml')).toContain('mirror-of-config.example.com')
  })

  test('kubectl, crictl and ctr work for the login user without sudo, who is told at the login how far Kubernetes has come', async () => {
    expect(await machine.succeed('kubectl get pods; crictl ps; ctr version')).toBe(
      'kubectl get pods\ncrictl ps\nctr version',
    )
    expect(await machine.succeed('bash -lic true 2>/dev/null | tail -n 1')).toBe(
      'k3s v1.34.3+k3s1 is ready: this node is a server.',
    )
    await machine.succeed('echo starting | sudo tee /run/k3s/readyz')
    expect(await machine.run('haos kubernetes')).toMatchObject({
      status: 3,
      output: 'k3s v1.34.3+k3s1 is starting as a server: k3s is not ready. Its log is /var/log/k3s.log.',
    })
  })

  test('only administrators can read the output of k3s', async () => {
    expect(await machine.succeed('stat -c "%a %U:%G" /var/log/k3s.log')).toBe('640 root:adm')
  })

  test('a manifest from the network is in the manifest directory of k3s', async () => {
    expect(await machine.succeed('sudo cat /var/lib/rancher/k3s/server/manifests/*.yaml')).toBe(
      sampleManifest.trimEnd(),
    )
  })

  test('the config has no problems', async () => {
    expect(await machine.run('sudo haos config status')).toEqual({
      status: 0,
      output: 'The configuration was applied without problems.',
    })
    expect(await machine.run('sudo rc-status --crashed')).toEqual({status: 1, output: ''})
  })
})

function makeIso(file: string, userdata: string): void {
  const tree = join(scratch, 'cidata')
  mkdirSync(tree, {recursive: true})
  writeFileSync(join(tree, 'user-data'), userdata)
  writeFileSync(join(tree, 'meta-data'), 'local-hostname: meta\n')
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'cidata', '-R', '-J', '-o', file, tree], {stdio: 'ignore'})
}
