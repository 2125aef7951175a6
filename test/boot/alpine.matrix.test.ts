import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {realPackages} from '../alpine/recorded-world.ts'
import {buildAlpineImage} from '../image/alpine-image.ts'

const missing = (await whyNoBoot()) ?? (existsSync(realPackages) ? undefined : 'no ../shared/alpine')
if (missing?.startsWith('no ../shared') === false && process.env['CI'])
  throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000

describe.skipIf(missing !== undefined)(`an image of real Alpine packages (${missing ?? 'in 256 MiB'})`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'haos-alpine-test-'))
  let machine: Machine
  beforeAll(async () => {
    const iso = await buildAlpineImage(scratch)
    machine = await boot(iso, {memoryMiB: 256})
    await machine.login({user: 'rancher', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('test -s /run/k3s/environment', {timeoutMs: 20 * minutes})
  })
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    rmSync(scratch, {recursive: true, force: true})
  })

  test('its config is applied in all phases', async () => {
    expect(await machine.succeed('hostname; cat /run/phases')).toBe('alpine\ninitrd\nboot\nruntime')
    await machine.waitUntilSucceeds('doas haos config status')
  })

  test('its users may do as root what their rules of doas or sudo say', async () => {
    const as = (user: string, command: string) => `doas su -s /bin/sh ${user} -c '${command} 2>&1'`
    expect(await machine.succeed(as('ops', 'doas -n id -u'))).toBe('0')
    expect(await machine.run(as('ops', 'doas -n cat /etc/shadow'))).toMatchObject({status: 1})
    expect(await machine.succeed(as('admin', 'doas -n id -u'))).toBe('0')
    expect(await machine.succeed('doas stat -c "%a %U" /etc/doas.d/haos-ops.conf /etc/doas.d/haos-admin.conf')).toBe(
      '400 root\n400 root',
    )
  })

  test('what its network service cannot do is reported', async () => {
    const local = '/var/lib/rancher/haos/config.yaml'
    await machine.succeed(`echo 'haos: {ntp_servers: [10.0.2.2], dns_nameservers: [1.1.1.1]}' | doas tee ${local}`)
    await machine.run('doas haos config')
    const status = await machine.run('doas haos config status')
    expect(status.output).toContain('haos.ntp_servers is not possible: this image has no connman')
    expect(status.output).toContain('haos.dns_nameservers is not possible: this image has no connman')
    await machine.succeed(`doas rm ${local}; doas haos config`)
  })

  test('k3s runs with the arguments of the config, with its token in the environment', async () => {
    expect(await machine.succeed('doas head -n 1 /run/k3s/arguments')).toBe('server')
    expect(await machine.succeed('doas cat /run/k3s/environment')).toContain('K3S_TOKEN=TOKEN_VALUE\n')
  })

  test('it has a network, a loopback and an SSH server', async () => {
    expect(await machine.succeed('ip route show default; ip addr show lo')).toMatch(
      /default via 10\.0\.2\.2 [\s\S]* 127\.0\.0\.1\/8 /,
    )
    expect(await machine.succeed('doas rc-service sshd status')).toContain('started')
  })

  test('its SSH server accepts keys only and forwards nothing, and nothing else listens', async () => {
    const asked = [
      'passwordauthentication',
      'kbdinteractiveauthentication',
      'allowtcpforwarding',
      'allowagentforwarding',
    ]
    const told = await machine.succeed(`doas sshd -T | grep -E '^(${[...asked, 'maxauthtries'].join('|')}) ' | sort`)
    expect(told.split('\n')).toEqual([
      ...['allowagentforwarding no', 'allowtcpforwarding no', 'kbdinteractiveauthentication no', 'maxauthtries 4'],
      'passwordauthentication no',
    ])
    // The DHCP client's socket is not a service that others can reach.
    expect(
      await machine.succeed(
        "doas netstat -tulnp | awk 'NR > 2 && !/dhcpcd/ {print $1, $4, $7}' | sed 's/ [0-9]*[/]/ /; s/:$//'",
      ),
    ).toBe('tcp 0.0.0.0:22 sshd\ntcp :::22 sshd')
  })

  test('its kernel parameters are hardened, and only administrators can read its logs', async () => {
    const names = ['kernel.kptr_restrict', 'fs.protected_regular', 'net.ipv4.conf.all.send_redirects', 'kernel.pid_max']
    expect(await machine.succeed(`doas sysctl -n ${names.join(' ')} kernel.yama.ptrace_scope`)).toBe(
      '1\n2\n0\n4194304\n1',
    )
    // Strict, by Alpine's own /usr/lib/sysctl.d/00-alpine.conf: what is set already is left.
    expect(
      await machine.succeed('for c in $(/usr/libexec/real-cards); do sysctl -n net.ipv4.conf.$c.rp_filter; done'),
    ).toBe('1')
    expect(await machine.succeed('stat -c "%a %U:%G" /var/log/messages /run/boot.log')).toBe(
      '640 root:adm\n640 root:adm',
    )
  })

  test('no service has failed, and OpenRC reports none as crashed', async () => {
    expect(await machine.run('doas rc-status --crashed')).toEqual({status: 1, output: ''})
    expect(await machine.succeed('cat /run/boot.log')).not.toMatch(/error|failed|cannot|not found/i)
  })

  test('its package database is complete, and has the packages of the lock', async () => {
    expect((await machine.succeed('apk info')).split('\n')).toEqual(expect.arrayContaining(['busybox', 'quickjs']))
    expect(await machine.succeed('doas apk info --who-owns /usr/sbin/sshd; cat /etc/alpine-release')).toMatch(
      /3\.19\.1$/,
    )
  })
})
