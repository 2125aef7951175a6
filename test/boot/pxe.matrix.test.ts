import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {Machine, whyNoBoot} from '../../engine/testing.ts'
import {testRecipe} from '../image/build-image.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const root = join(import.meta.dirname, '../..')
const prompt = /\w+ login: /
const minutes = 60_000

test.skipIf(missing !== undefined)("iPXE in QEMU's network card boots what pxe --serve serves", async () => {
  await using server = await servePxe()
  const card = `virtio-net-pci,netdev=boot,bootindex=0`
  await using machine = await Machine.start({
    memoryMiB: 768,
    network: false,
    qemuArguments: ['-netdev', `user,id=boot,bootfile=${server.url}/boot.ipxe`, '-device', card],
  })

  expect((await machine.waitFor(prompt, {timeoutMs: 15 * minutes})).text).toContain('baked login: ')
})

/** Starts the command as a user would, and gives the address by which the guest reaches it. */
async function servePxe(): Promise<{readonly url: string} & AsyncDisposable> {
  const running = execa(
    process.execPath,
    [
      join(root, 'bin/start.ts'),
      ...['pxe', '--json', '--serve', '127.0.0.1:0', '--recipe', testRecipe, '--out', join(root, 'out/test')],
    ],
    {reject: false},
  )
  // Not by the iterable of execa, which waits for the end of the program when it is left.
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
