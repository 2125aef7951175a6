import {readdirSync, readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {buildUntil} from './build-until.ts'
import {findDamage} from './soundness.ts'
import {makeTinyWorld, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()
const title = (fact: string) => (reason === undefined ? fact : `${fact} (${reason})`)

test.skipIf(reason)(title('Ctrl-C ends a build with status 130, and nothing that it started goes on'), async () => {
  const world = await makeTinyWorld()
  const place = world.workplace()
  const {status, stderr, events} = await buildUntil(place, 'SIGINT', (event) =>
    event.type === 'step-started' && event.kind === 'debian-root' ? 150 : undefined,
  )

  expect(status).toBe(130)
  expect(stderr).toBe('')
  expect(events.at(-1)).toMatchObject({
    type: 'error',
    code: 'INTERRUPTED',
    hint: 'Run the same command again: finished steps are kept.',
  })
  expect(processesThatName(place.directory)).toEqual([])
  expect(await findDamage(place)).toEqual([])
})

/** Command lines of running programs that contain a text. */
const processesThatName = (text: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return words.includes(text) ? [words] : []
      } catch {
        return []
      }
    })
