import {beforeEach, expect, test} from 'vitest'
import {makeTinyWorld, whyNoTinyWorld} from './tiny-world.ts'

const missing = whyNoTinyWorld()
beforeEach(({skip}) => skip(missing !== undefined, missing))

test('kernel info shows the kernel that the lock file pins, with its modules and the firmware that the image lacks', async () => {
  const place = (await makeTinyWorld({hollow: true})).workplace()
  expect((await place.run(['lock'])).status).toBe(0)

  const {status, stdout, stderr} = await place.run(['kernel', 'info', 'tiny', '--json'])
  expect(status, stderr).toBe(0)
  const module = 'kernel/fs/tiny.ko'
  expect(JSON.parse(stdout).kernels).toMatchObject([
    {
      image: 'tiny',
      version: '6.1-tiny',
      modules: [{path: module}],
      omitted: {modules: 0},
      firmware: {modules: 1, files: 1, missing: [{module, files: ['tiny.bin']}]},
    },
  ])

  const shown = await place.run(['kernel', 'info', '--offline'])
  expect(shown.stdout).toContain('kernel 6.1-tiny of tiny (amd64)\n  options: unknown')
  expect(shown.stdout).toContain('firmware: 1 module asks for 1 file; the image lacks 1 of them')
  expect((await place.run(['kernel', 'info', 'other'])).stderr).toContain('the recipe has no image other')
})
