import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {shellQuote} from '#dsl'
import {hostNeeds} from '../../docs/kubernetes-needs.ts'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildSampleTarget} from '../image/sample-image.ts'
import type {ServedFiles} from '../served-files.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
/** Of the sample config. */
const password = 'geheim'

describe.skipIf(missing !== undefined)(`a hardened node (${missing ?? 'with a stand-in for k3s'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-hardened-test-'))
  let served: ServedFiles
  let machine: Machine
  beforeAll(async () => {
    const sample = await buildSampleTarget(scratch, 'iso', ['--set', 'hardened=true'])
    served = sample.served
    machine = await boot(sample.files['iso'] ?? '', {
      memoryMiB: 1024,
      network: {forward: [6443, 8080, 9999, 10250].map((guestPort) => ({guestPort}))},
      logFile: join(scratch, 'log'),
    })
    await machine.login({user: 'rancher', password, timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('test -s /run/k3s/environment', {timeoutMs: 20 * minutes})
  })
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    served?.close()
    rmSync(scratch, {recursive: true, force: true})
  })

  /** Runs a command as root, who was asked for a password. */
  const asRoot = (command: string) => `echo ${password} | sudo -S -p '' sh -c ${shellQuote(command)}`
  const root = (command: string, timeoutMs = 5 * minutes) => machine.succeed(asRoot(command), {timeoutMs})

  test('its console offers no login without a password', () => {
    expect(machine.console.text).toMatch(/Live from \S+: log in as rancher\./)
  })

  test('nobody becomes root without a password, and what is done as root is written down', async () => {
    expect(await machine.run('sudo -n true')).toMatchObject({status: 1})
    expect(await root('id -u')).toBe('0')
    expect(await root('grep -c "COMMAND=.*id -u" /var/log/sudo.log; stat -c %a /var/log/sudo.log')).toBe('1\n600')
  })

  test('only keys log in over the network, though the config sets a password', async () => {
    await root("echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/80-passwords.conf")
    const asked = '^(passwordauthentication|authenticationmethods|loglevel|clientaliveinterval) '
    expect(await root(`sshd -T | grep -E "${asked}" | sort`)).toBe(
      'authenticationmethods publickey\nclientaliveinterval 15\nloglevel VERBOSE\npasswordauthentication no',
    )
    expect(await root('rm /etc/ssh/sshd_config.d/80-passwords.conf; sshd -t; rc-service sshd status')).toContain(
      'started',
    )
  })

  test('no service has failed, and nothing but the SSH server listens', async () => {
    expect(await machine.run(asRoot('rc-status --crashed'))).toEqual({status: 1, output: ''})
    expect(await machine.succeed('cat /run/boot.log')).not.toMatch(/ERROR|failed/)
    expect(await root('ss -Hltnup | grep -v sshd; true')).toBe('')
  })

  test('the firewall lets in what is named, from where it is named, and nothing else', async () => {
    for (const port of [6443, 8080, 9999, 10250]) await machine.succeed(`busybox httpd -p ${port} -h /etc/ssl`)
    const answers = async (port: number) =>
      fetch(`http://127.0.0.1:${machine.hostPort(port)}/`, {signal: AbortSignal.timeout(10_000)}).then(
        () => true,
        () => false,
      )

    expect(await answers(8080)).toBe(true)
    expect(await answers(6443)).toBe(true)
    // Open to the networks of the cluster, which this one is none of.
    expect(await answers(10250)).toBe(false)
    expect(await answers(9999)).toBe(false)
    await root(
      "echo 'add rule inet firewall own tcp dport 9999 accept' >/etc/firewall.d/own.nft; rc-service firewall reload",
    )
    expect(await answers(9999)).toBe(true)
    // A mistake leaves out itself only.
    await root('rm /etc/firewall.d/own.nft; echo nonsense >/etc/firewall.d/a.nft; rc-service firewall reload; true')
    expect(await answers(9999)).toBe(false)
    expect(await answers(8080)).toBe(true)
    await root('rm /etc/firewall.d/a.nft; rc-service firewall reload')
  })

  test('pods reach their node at every port, and others through it', async () => {
    await root('ip netns add pod && ip link add pod0 type veth peer name eth0 netns pod')
    await root('ip addr add 10.99.0.1/24 dev pod0 && ip link set pod0 up && ip -n pod addr add 10.99.0.2/24 dev eth0')
    await root('ip -n pod link set eth0 up && ip -n pod route add default via 10.99.0.1')
    expect(
      await root('ip netns exec pod busybox wget -q -T 10 -O - http://10.99.0.1:9999/openssl.cnf | wc -l'),
    ).not.toBe('0')
    await root('iptables -t nat -A POSTROUTING -s 10.99.0.0/24 -j MASQUERADE')
    expect(await root(`ip netns exec pod busybox wget -q -T 10 -O - http://10.0.2.2:${served.port}/keys`)).toContain(
      'served',
    )
    await root('ip netns del pod; iptables -t nat -F POSTROUTING')
  })

  test('who changes accounts or the settings of Kubernetes is written down, and the rules stay', async () => {
    expect(await root('auditctl -s | grep -E "^(enabled|lost) "')).toBe('enabled 2\nlost 0')
    await root('touch /etc/passwd /etc/rancher/x')
    await machine.waitUntilSucceeds(asRoot('ausearch --input-logs -k accounts --format raw | grep -q /etc/passwd'))
    expect(await root('ausearch --input-logs -k kubernetes --format raw | grep -c /etc/rancher/x')).not.toBe('0')
    expect(await machine.run(asRoot('auditctl -D'))).not.toMatchObject({status: 0})
    expect(await root('stat -c "%a %U:%G" /var/log/audit /var/log/audit/audit.log')).toBe('750 root:adm\n640 root:adm')
  })

  test('the kernel is locked down, and loads only modules that its distribution has signed', async () => {
    expect(await root('cat /sys/kernel/security/lockdown')).toBe('none [integrity] confidentiality')
    expect(await root('cat /sys/module/module/parameters/sig_enforce; lsmod | wc -l')).toMatch(/^Y\n[1-9]\d+$/)
    expect(
      await root(
        'f=$(modinfo -n dummy); case $f in *.xz) busybox xzcat $f ;; *) cat $f ;; esac >/tmp/dummy.ko; modprobe -r dummy; insmod /tmp/dummy.ko && lsmod | grep -c ^dummy',
      ),
    ).toBe('1')
    const unsigned = await machine.run(asRoot('rmmod dummy; echo >>/tmp/dummy.ko; insmod /tmp/dummy.ko'))
    expect(unsigned.output).toMatch(/[Kk]ey (?:was rejected|.*not available)|not permitted/)
    expect(await root('sysctl -n kernel.kexec_load_disabled kernel.unprivileged_bpf_disabled kernel.sysrq')).toBe(
      '1\n1\n0',
    )
  })

  test.each(hostNeeds.map(({need, check}) => [need, check] as const))('Kubernetes still finds %s', async (_, check) => {
    expect(await machine.run(asRoot(check), {timeoutMs: 5 * minutes})).toMatchObject({status: 0})
  })
})
