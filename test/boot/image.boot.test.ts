import {statSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

let iso = ''
beforeAll(async () => {
  if (missing === undefined) iso = await buildImage()
})

const minutes = 60_000

/** Options for ssh without questions and without stored host keys. */
const unasked = [
  ...['-o BatchMode=yes', '-o PreferredAuthentications=none', '-o StrictHostKeyChecking=no'],
  ...['-o UserKnownHostsFile=/dev/null', '-o LogLevel=ERROR'],
]

/** Kernel parameters that make a node harder to attack, as every node has them. */
const hardened = {
  'kernel.kptr_restrict': '1',
  'kernel.dmesg_restrict': '1',
  'kernel.yama.ptrace_scope': '1',
  'fs.protected_symlinks': '1',
  'fs.protected_hardlinks': '1',
  'fs.protected_fifos': '1',
  'fs.protected_regular': '2',
  'net.ipv4.conf.all.accept_redirects': '0',
  'net.ipv4.conf.all.secure_redirects': '0',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.all.accept_source_route': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.tcp_syncookies': '1',
}

describe.skipIf(missing !== undefined)(`the ISO (${missing ?? 'of the test recipe'})`, () => {
  test('it is at most 180 MB', () => {
    expect(statSync(iso).size).toBeLessThanOrEqual(180e6)
  })

  describe('as a CD under BIOS, with 512 MiB', () => {
    let machine: Machine
    beforeAll(async () => {
      // A clock whose battery is empty.
      machine = await boot(iso, {memoryMiB: 512, qemuArguments: ['-rtc', 'base=1980-01-01T00:00:00']})
      await machine.login({user: 'rancher', timeoutMs: 20 * minutes})
      await machine.waitUntilSucceeds('grep runtime /run/phases', {timeoutMs: 20 * minutes})
    })
    afterAll(() => machine?.[Symbol.asyncDispose]())

    test('the built-in config is applied, each command in its phase', async () => {
      expect(
        await machine.succeed('hostname; cat /etc/edge.conf; stat -c "%a %U:%G" /etc/edge.conf; cat /run/phases'),
      ).toBe('baked\nfrom config\n640 root:adm\ninitrd\nboot\nruntime')
      expect(
        await machine.succeed('cat /sys/module/dummy/initstate /proc/sys/vm/swappiness; grep EDGE /etc/environment'),
      ).toBe('live\n7\nEDGE="yes"')
      expect(await machine.succeed('cat ~rancher/.ssh/authorized_keys')).toContain('edge')
    })

    test('a clock earlier than the image shows its date', async () => {
      expect(Number(await machine.succeed('date +%s'))).toBeGreaterThan(Date.parse('2026-11-01') / 1000)
    })

    test('/usr refuses writes, for root too', async () => {
      expect(await machine.run('sudo touch /usr/x')).toMatchObject({
        status: 1,
        output: expect.stringContaining('Read-only file system'),
      })
    })

    test('files of the overlay exist, and the owner of a part is resolved in the image', async () => {
      expect(await machine.succeed('cat /usr/share/edge/file; stat -c "%a %U:%G" /usr/share/edge/owned')).toBe(
        'from the overlay\n640 rancher:adm',
      )
    })

    test('changes and removals by a script of the recipe are in the image', async () => {
      expect(await machine.succeed('cat /usr/share/edge/script; ls /usr/share/edge')).toBe(
        '640 rancher:adm\nfile\nowned\nscript',
      )
    })

    test('the SSH server accepts the keys of a user of the recipe', async () => {
      expect(await machine.succeed('sudo sshd -T | grep -i ^authorizedkeysfile')).toBe(
        'authorizedkeysfile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u',
      )
      expect(await machine.succeed('cat /etc/ssh/authorized_keys.d/ops')).toMatch(/^ssh-ed25519 \S+ ops$/)
    })

    test('directories and programs have the modes of their packages', async () => {
      expect(await machine.succeed('stat -c "%a %n" /usr /usr/share /usr/bin /tmp /usr/bin/sudo')).toBe(
        '755 /usr\n755 /usr/share\n755 /usr/bin\n1777 /tmp\n4755 /usr/bin/sudo',
      )
    })

    test('no service has failed, and the console shows no error', async () => {
      expect(await machine.run('sudo rc-status --crashed')).toEqual({status: 1, output: ''})
      expect(await machine.succeed('sudo rc-status --all | grep -c started')).toMatch(/^[1-9]/)
      expect(machine.console.text).not.toMatch(/\b(error|failed|fail|cannot|not found)\b/i)
    })

    test('root is locked, rancher becomes root without a password, and an empty password is refused over the network', async () => {
      expect(await machine.succeed('sudo grep ^root: /etc/shadow')).toMatch(/^root:[*!]/)
      expect(await machine.succeed('sudo id -u')).toBe('0')
      expect(await machine.succeed('sudo sshd -T | grep -i -E "^(permitemptypasswords|permitrootlogin)"')).toBe(
        'permitrootlogin no\npermitemptypasswords no',
      )
    })

    test('the SSH server accepts keys only, and forwards nothing', async () => {
      const asked = [
        ...['passwordauthentication', 'kbdinteractiveauthentication', 'allowtcpforwarding', 'allowagentforwarding'],
        ...['allowstreamlocalforwarding', 'x11forwarding', 'permittunnel', 'gatewayports', 'logingracetime'],
        ...['maxauthtries', 'maxstartups'],
      ]
      const told = await machine.succeed(`sudo sshd -T | grep -E '^(${asked.join('|')}) ' | sort`)
      expect(told.split('\n')).toEqual([
        ...['allowagentforwarding no', 'allowstreamlocalforwarding no', 'allowtcpforwarding no', 'gatewayports no'],
        ...['kbdinteractiveauthentication no', 'logingracetime 30', 'maxauthtries 4', 'maxstartups 10:30:60'],
        ...['passwordauthentication no', 'permittunnel no', 'x11forwarding no'],
      ])
    })

    test('the SSH server accepts a password if the config sets one and there is no key, and files of the user take precedence', async () => {
      const offered = `ssh ${unasked.join(' ')} rancher@127.0.0.1 2>&1 | grep -o '(.*)'`
      expect(await machine.succeed(offered)).toBe('(publickey)')
      const local = '/var/lib/rancher/haos/config.yaml'
      await machine.succeed(`echo '{ssh_authorized_keys: [], haos: {password: x}}' | sudo tee ${local}`)
      await machine.succeed('mv ~/.ssh/authorized_keys ~/keys; sudo haos config')
      expect(await machine.succeed(offered)).toBe('(publickey,password)')
      await machine.succeed('mv ~/keys ~/.ssh/authorized_keys; sudo haos config')
      expect(await machine.succeed(offered)).toBe('(publickey)')

      const own = '/etc/ssh/sshd_config.d/50-own.conf'
      await machine.succeed(`printf 'PasswordAuthentication yes\nMaxAuthTries 9\n' | sudo tee ${own}`)
      expect(await machine.succeed('sudo sshd -T | grep -E "^(passwordauthentication|maxauthtries)"')).toBe(
        'maxauthtries 9\npasswordauthentication yes',
      )
      await machine.succeed(`sudo rm ${local} ${own}; sudo haos config`)
    })

    test('the SSH server listens, and nothing else does', async () => {
      const listening = await machine.succeed("sudo ss -Hltnup | awk '{print $1, $5, $7}' | sed 's/,.*//' | sort -u")
      expect(listening).toBe('tcp 0.0.0.0:22 users:(("sshd"\ntcp [::]:22 users:(("sshd"')
    })

    test('the kernel shows its addresses and allows tracing of processes to root only, and accepts no redirects', async () => {
      for (const [name, value] of Object.entries(hardened))
        expect(`${name} = ${await machine.succeed(`sudo sysctl -n ${name}`)}`).toBe(`${name} = ${value}`)
      const cards = 'for c in $(/usr/libexec/real-cards); do sysctl -n net.ipv4.conf.$c'
      expect(await machine.succeed(`${cards}.rp_filter net.ipv4.conf.$c.send_redirects; done`)).toBe('2\n0')
      expect(await machine.succeed('grep -v 0 /proc/sys/net/ipv6/conf/*/accept_redirects; true')).toBe('')
    })

    test('only administrators can read logs', async () => {
      await machine.waitUntilSucceeds('test -s /var/log/messages')
      expect(await machine.succeed('stat -c "%a %U:%G" /var/log/messages /run/boot.log')).toBe(
        '640 root:adm\n640 root:adm',
      )
      // Of the lists of logins (utmp(5)) the distribution decides who reads them.
      expect(
        await machine.succeed(
          "sudo find /var/log /run -xdev -type f \\( -path '/var/log/*' -o -name '*.log' \\) ! -name '*tmp' ! -name lastlog -perm /027",
        ),
      ).toBe('')
    })

    test('the SSH server has a host key that was generated on the node', async () => {
      await machine.waitUntilSucceeds('sudo rc-service sshd status')
      const key = '/var/lib/ssh/ssh_host_ed25519_key'
      expect(await machine.succeed('sudo sshd -T | grep "^hostkey "')).toBe(`hostkey ${key}`)
      expect(await machine.succeed(`sudo ssh-keygen -l -f ${key}`)).toMatch(/^256 SHA256:/)
    })

    test('the tools of a cluster say in one line that there is none', async () => {
      expect(await machine.run('kubectl get pods')).toMatchObject({
        status: 1,
        output: 'kubectl: This HAOS contains no Kubernetes: build the image with k3s(), or install /usr/local/bin/k3s.',
      })
    })

    test('the program of the node reports its version and what it would change', async () => {
      expect(await machine.succeed('haos --version')).toContain('0.1.0')
      // Until the phase runtime has ended, it is 3.
      await machine.waitUntilSucceeds('sudo haos config status')
      expect(await machine.run('sudo haos config --dry-run')).toMatchObject({status: 0})
    })
  })
})
