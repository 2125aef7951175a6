import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {digestOfFile} from '#engine'
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
