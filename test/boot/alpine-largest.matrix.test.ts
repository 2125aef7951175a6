import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {shellQuote} from '#dsl'
import {digestOfFile} from '#engine'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {realPackages} from '../alpine/recorded-world.ts'
import {asNobody, nobody} from '../as-nobody.ts'
import {buildAlpineImage} from '../image/alpine-image.ts'
import {scratchDirectory} from '../scratch.ts'

const missing = (await whyNoBoot({firmware: 'uefi'})) ?? (existsSync(realPackages) ? undefined : 'no ../shared/alpine')
if (missing?.startsWith('no ../shared') === false && process.env['CI'])
  throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000

describe.skipIf(missing !== undefined)(
  `an image of real Alpine packages (${missing ?? 'the largest there is'})`,
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'haos-alpine-test-'))
    let iso = ''
    beforeAll(async () => {
      iso = await buildAlpineImage(directory)
    }, 30 * minutes)
    afterAll(() => rmSync(directory, {recursive: true, force: true}))

    test('it comes to a login under UEFI, and its config is applied', async () => {
      await using machine = await boot(iso, {firmware: 'uefi', memoryMiB: 768})
      await machine.login({user: 'rancher', timeoutMs: 10 * minutes})
      await machine.waitUntilSucceeds('test -s /run/k3s/environment', {timeoutMs: 10 * minutes})

      expect(await machine.succeed('hostname; cat /run/phases; ls /sys/firmware')).toMatch(
        /^alpine\ninitrd\nboot\nruntime\n[\s\S]*\befi\b/,
      )
    })

    test(
      'an ordinary user with a new store builds the same bytes',
      async ({skip}) => {
        const place = scratchDirectory()
        const {wrap, reason: obstacle} = await asNobody(directory)
        if (obstacle !== undefined) skip(obstacle)
        const home = join(place, 'home')
        mkdirSync(home)
        execFileSync('chown', ['--recursive', `${nobody}:${nobody}`, place])
        const env = {HOME: home, XDG_CACHE_HOME: '', HAOS_BUILD_STORE: ''}
        const again = await buildAlpineImage(place, {wrap, env})

        expect(again).not.toBe(iso)
        expect(await digestOfFile(again)).toBe(await digestOfFile(iso))
      },
      30 * minutes,
    )
  },
)

describe.skipIf(missing !== undefined)(`a hardened image of real Alpine packages (${missing ?? 'live'})`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'haos-alpine-test-'))
  const password = 'geheim'
  let iso = ''
  let machine: Machine
  beforeAll(async () => {
    iso = await buildAlpineImage(directory, {arguments: ['--set', 'hardened=true']})
    machine = await boot(iso, {memoryMiB: 512})
    await machine.login({user: 'rancher', password, timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('test -s /run/k3s/environment', {timeoutMs: 20 * minutes})
  }, 30 * minutes)
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    rmSync(directory, {recursive: true, force: true})
  })

  /** What a command of root prints. doas asks on the terminal only, which `run` does not have. */
  const root = async (command: string) => {
    await machine.succeed('rm -f /tmp/done')
    // The terminal would not be asked again for five minutes.
    machine.write(`doas -L; doas sh -c ${shellQuote(command)} >/tmp/output 2>&1; touch /tmp/done\n`)
    await machine.waitFor('password: ')
    machine.write(`${password}\n`)
    return machine.waitUntilSucceeds('test -e /tmp/done && cat /tmp/output')
  }

  test('nobody becomes root without a password, and with it one does', async () => {
    expect(machine.console.text).toMatch(/Live from \S+: log in as rancher\./)
    expect(await machine.run('doas -n true')).toMatchObject({status: 1})
    expect(await root('id -u')).toBe('0')
  })

  test('only keys log in over the network, though the config sets a password', async () => {
    const asked = '^(passwordauthentication|authenticationmethods|loglevel|clientaliveinterval) '
    expect(await root(`sshd -T | grep -E "${asked}" | sort; rc-service sshd status`)).toMatch(
      /^authenticationmethods publickey\nclientaliveinterval 15\nloglevel VERBOSE\npasswordauthentication no\n.*started/,
    )
  })

  test('the kernel is locked down and loads signed modules, and no service has failed', async () => {
    expect(
      await root(
        'cat /sys/kernel/security/lockdown /sys/module/module/parameters/sig_enforce; lsmod | grep -c "^[a-z]"',
      ),
    ).toMatch(/^none \[integrity\] confidentiality\nY\n[1-9]/)
    expect(await root('sysctl -n kernel.kexec_load_disabled kernel.unprivileged_bpf_disabled kernel.sysrq')).toBe(
      '1\n1\n0',
    )
    expect(await root('rc-status --crashed; cat /run/boot.log | grep -iE "error|failed|cannot|not found"; true')).toBe(
      '',
    )
  })

  test('the mode rescue asks for the password until it gets the right one, and boots once one logs out', async () => {
    await using rescued = await boot(iso, {memoryMiB: 512, appendCmdline: 'rescue'})
    await rescued.waitFor('Log in, and log out to continue', {timeoutMs: 10 * minutes})
    await rescued.waitFor('login: ')
    rescued.write('rancher\n')
    await rescued.waitFor('assword: ')
    rescued.write('falsch\n')
    await rescued.waitFor(/ncorrect/)
    await rescued.waitFor(/timed out[\s\S]*login: /)
    await rescued.login({user: 'rancher', password, timeoutMs: 10 * minutes})
    expect(await rescued.run('ls /run/openrc')).not.toMatchObject({status: 0})
    // What the user did last must not matter.
    rescued.write('false; exit\n')
    await rescued.login({user: 'rancher', password, timeoutMs: 10 * minutes})
    await rescued.waitUntilSucceeds('test -s /run/k3s/environment', {timeoutMs: 20 * minutes})
  })
})
