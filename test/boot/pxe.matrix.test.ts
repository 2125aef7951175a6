import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {createInterface} from 'node:readline'
import {execa} from 'execa'
import {expect, onTestFinished, test} from 'vitest'
import {serveFiles} from '#targets'
import {Machine} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {buildTarget, testRecipe} from '../image/build-image.ts'
import {remasteredNode, remasterForNode} from '../image/remaster-for-node.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const root = join(import.meta.dirname, '../..')
const prompt = /\w+ login: /
const minutes = 60_000

/** A machine that boots from its network card, which gets the URL of the script by DHCP. */
const startFrom = (url: string) =>
  Machine.start({
    memoryMiB: 768,
    network: false,
    qemuArguments: [
      ...['-netdev', `user,id=boot,bootfile=${url}/boot.ipxe`],
      ...['-device', 'virtio-net-pci,netdev=boot,bootindex=0'],
    ],
  })

test.skipIf(missing !== undefined)("iPXE in QEMU's network card boots what pxe --serve serves", async () => {
  await using server = await servePxe()
  await using machine = await startFrom(server.url)

  expect((await machine.waitFor(prompt, {timeoutMs: 15 * minutes})).text).toContain('baked login: ')
})

test.skipIf(missing !== undefined)('a remastered directory boots with its new name and config', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'haos-boot-test-'))
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  const {ipxe = ''} = await buildTarget('pxe')
  const served = await remasterForNode(dirname(ipxe), directory)
  const server = await serveFiles({
    host: '127.0.0.1',
    port: 0,
    files: new Map(['boot.ipxe', 'vmlinuz', 'initrd'].map((name) => [name, join(served, name)])),
  })
  onTestFinished(() => server.close())
  await using machine = await startFrom(server.url.replace('127.0.0.1', '10.0.2.2'))
  expect((await machine.waitFor(prompt, {timeoutMs: 15 * minutes})).text).toContain('wanted login: ')

  await machine.login({user: 'rancher'})
  expect(await machine.succeed(remasteredNode.ask)).toBe(remasteredNode.answer)
  expect(await machine.succeed('cat /proc/cmdline')).toContain('haos.hostname=wanted "haos.labels.a=b c"')
})

/** Starts the command as a user would, and returns the URL by which the guest reaches it. */
async function servePxe(): Promise<{readonly url: string} & AsyncDisposable> {
  const running = execa(
    process.execPath,
    [
      join(root, 'bin/start.ts'),
      ...['pxe', '--events', '--serve', '127.0.0.1:0', '--recipe', testRecipe, '--out', join(root, 'out/test')],
    ],
    {reject: false},
  )
  // Without execa's iterable, which waits for the end of the program when the loop ends.
  for await (const line of createInterface({input: running.stdout})) {
    const port = /serving http:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1]
    if (port === undefined) continue
    return {
      url: `http://10.0.2.2:${port}`,
      [Symbol.asyncDispose]: async () => {
        running.kill('SIGTERM')
        await running
      },
    }
  }
  throw new Error(`pxe --serve ended: ${(await running).stderr}`)
}
