import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {Machine} from '../../machine/machine.ts'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {mistaken, mistakes} from '../image/mistakes.ts'
import {buildSampleImage} from '../image/sample-image.ts'
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

describe.skipIf(missing !== undefined)(`a config with a mistake in each key (${missing ?? 'and a script'})`, () => {
  const [config, disc, medium] = [join(scratch, 'mistakes.yaml'), join(scratch, 'mistakes.iso'), join(scratch, 'vfat')]
  const log = join(scratch, 'mistakes.log')
  let machine: Machine
  beforeAll(async () => {
    writeFileSync(config, mistakes(`http://10.0.2.2:${served.port}/manifest.yaml`))
    const place = '/haos/system/config.yaml'
    execFileSync(
      'xorriso',
      ['-indev', iso, '-outdev', disc, '-boot_image', 'any', 'replay', '-update', config, place, '-commit', '-end'],
      {stdio: 'ignore'},
    )
    makeVfat(medium, '#!/bin/bash\nwords=(run by ${BASH##*/})\necho ${words[@]} >/run/from-userdata\n')
    machine = await boot(disc, {
      memoryMiB: 768,
      appendCmdline: 'haos.password=geheim',
      disks: [{file: medium, bus: 'virtio'}],
      logFile: log,
    })
    await machine.login({user: 'rancher', password: 'geheim', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('grep -q runtime /run/haos/problems.json && cat /run/from-userdata', {
      timeoutMs: 20 * minutes,
    })
  })
  afterAll(() => machine?.[Symbol.asyncDispose]())

  test('names every mistake on the console, in problems.json and in the status, and its secrets nowhere', async () => {
    const stored = await machine.succeed('sudo cat /run/haos/problems.json')
    const {output: status, status: exit} = await machine.run('sudo haos config status')
    expect(exit).toBe(1)
    const paths: unknown[] = Object.values<readonly {readonly path: unknown}[]>(JSON.parse(stored))
      .flat()
      .map(({path}) => path)
    expect(paths).toEqual(expect.arrayContaining([...mistaken]))
    for (const path of mistaken) expect(status).toContain(`: ${path} `)
    const console = readFileSync(log, 'utf8')
    for (const path of mistaken) expect(console).toContain(`: ${path} `)
    expect(console + stored + status).not.toContain('secret-of')
  })

  test('reports above the login prompt that there are problems', async () => {
    expect(await machine.succeed('cat /etc/issue')).toMatch(
      /^HAOS: \d+ problems in the configuration\. Log in and run: sudo haos config status$/m,
    )
  })

  test('applies the valid keys', async () => {
    expect(await machine.succeed('cat /run/written /run/boot-command; cat /proc/sys/kernel/kptr_restrict')).toBe(
      'goodboot\n1',
    )
    expect(await machine.succeed('test ! -e /run/refused; cut -d " " -f 3 ~/.ssh/authorized_keys')).toBe('me')
    expect(await machine.succeed('ls -d /sys/module/dummy; grep Nameservers /etc/connman/main.conf')).toBe(
      '/sys/module/dummy\nFallbackNameservers=9.9.9.9',
    )
    expect(await machine.succeed('sudo grep -c ^Name=net-of-wifi /var/lib/connman/cloud-config.config')).toBe('1')
  })

  test('leaves as it was what a mistake is about: /etc/hosts, what follows an unreadable command, and Kubernetes', async () => {
    expect(await machine.succeed('grep -c localhost /etc/hosts; grep -c registry.local /etc/hosts || true')).toMatch(
      /^[1-9]\d*\n0$/,
    )
    expect(await machine.succeed('ls -d /run/prepared* /etc/init.d/k3s /run/k3s/starts 2>/dev/null || true')).toBe('')
    expect((await machine.run('sudo haos config status')).output).toContain('k3s is not changed')
  })

  test('runs a script from a VFAT medium with user data, with the interpreter that it names', async () => {
    expect(await machine.succeed('cat /run/from-userdata')).toBe('run by bash')
  })
})

function makeVfat(file: string, userdata: string): void {
  const source = join(scratch, 'user-data')
  writeFileSync(source, userdata)
  execFileSync('mkfs.vfat', ['-C', '-n', 'CIDATA', file, '2048'], {stdio: 'ignore'})
  execFileSync('mcopy', ['-i', file, source, '::user-data'])
}
