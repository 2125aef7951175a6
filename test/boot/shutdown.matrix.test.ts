import {expect, test} from 'vitest'
import {boot, whyNoBoot} from '../../machine/testing.ts'
import {buildImage} from '../image/build-image.ts'

const missing = await whyNoBoot()
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000

test.skipIf(missing !== undefined)(
  `a machine that is powered off during its boot does not wait for its network (${missing ?? 'of which nothing answers'})`,
  async () => {
    await using machine = await boot(await buildImage(), {
      memoryMiB: 768,
      network: false,
      // A network card without a DHCP server: the boot waits for an address.
      qemuArguments: ['-device', 'virtio-net-pci'],
      appendCmdline: 'haos.run_cmd="echo the phase runtime has run >/dev/console"',
    })
    await machine.login({user: 'rancher', timeoutMs: 20 * minutes})
    await machine.waitUntilSucceeds('ls /run/openrc/starting/network-online')
    await machine.powerOff({timeoutMs: 10 * minutes})

    expect(machine.console.text).not.toContain('has run')
  },
)
