import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {beforeAll, expect, onTestFinished, test} from 'vitest'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildTarget} from '../image/build-image.ts'
import {remasteredNode, remasterForNode} from '../image/remaster-for-node.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const cmdline = 'console=ttyS0,115200 norandmaps no_timer_check panic=-1 haos.mode=live quiet'

let files: Readonly<Record<string, string>> = {}
beforeAll(async () => {
  if (missing === undefined) files = await buildTarget('initrd')
})

test.skipIf(missing !== undefined)(
  'kernel and initrd alone reach a login, with everything for an installation',
  async () => {
    const {kernel = '', initrd = ''} = files
    await using machine = await boot({kernel, initrd, cmdline}, {memoryMiB: 512, noReboot: true})
    const {text} = await machine.waitFor(/\w+ login: /, {timeoutMs: 10 * 60_000})
    expect(text).toContain('baked login: ')

    await machine.login({user: 'rancher'})
    expect(await machine.succeed('stat -c %a /haos/system/config.yaml; ls /haos/system/kernel/current/')).toBe(
      '400\ninitrd\nmodules.squashfs\nvmlinuz',
    )
    // The layers are in memory once, and everything else takes as much again: a second copy would make it three times.
    const usedKib = Number(await machine.succeed("awk '/MemTotal/{t=$2} /MemAvailable/{print t-$2}' /proc/meminfo"))
    const systemKib = Number(await machine.succeed('sudo du -sk /haos/system | cut -f1'))
    expect(usedKib / systemKib).toBeLessThan(2.4)
  },
)

test.skipIf(missing !== undefined)('a remastered initrd has its new config and its new files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'haos-boot-test-'))
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  const extra = join(directory, 'extra')
  writeFileSync(extra, 'more')
  const {kernel = ''} = files
  const initrd = await remasterForNode(files['initrd'] ?? '', directory, {
    arguments: ['--file', `${extra}=/haos/system/extra`],
  })
  await using machine = await boot({kernel, initrd, cmdline}, {memoryMiB: 512, noReboot: true})
  const {text} = await machine.waitFor(/[\w-]+ login: /, {timeoutMs: 10 * 60_000})
  expect(text).toContain('from-config login: ')

  await machine.login({user: 'rancher'})
  expect(await machine.succeed(remasteredNode.ask)).toBe(remasteredNode.answer)
  expect(await machine.succeed('cat /haos/system/extra; sudo stat -c " %a" /haos/system/config.yaml')).toBe('more 400')
})
