import assert from 'node:assert/strict'
import {test} from 'node:test'
import {boot, whyNoBoot} from 'haos-build/testing'

const image = 'out/my-image-amd64.iso'

test('the image boots, and has the host name from its config', {
  skip: (await whyNoBoot()) ?? false,
  // Without KVM a boot takes minutes.
  timeout: 20 * 60_000,
}, async () => {
  await using machine = await boot(image)
  await machine.login({user: 'rancher'})
  assert.equal(await machine.succeed('hostname'), 'my-image')
  await machine.powerOff()
})
