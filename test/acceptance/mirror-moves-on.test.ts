import {readFileSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {makeTinyWorld, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()

test.skipIf(reason)(
  `if a pinned package has left the mirror, --locked refuses, and a plain build pins the next version with a note${reason ? ` (${reason})` : ''}`,
  async () => {
    const world = await makeTinyWorld()
    const place = world.workplace()
    await place.run(['lock'])
    const before = readFileSync(place.lock, 'utf8')
    world.publish('2')

    const refused = await place.run(['iso', '--locked'])
    expect(refused.status).toBe(3)
    expect(refused.stderr).toMatch(/✗ no mirror has greeting_1_all\.deb any more {2}DOWNLOAD_GONE\n/)
    expect(refused.stderr).toMatch(/^ {2}hint {3}Run `haos-build lock --update`/m)
    expect(refused.stderr).not.toMatch(/this is a bug|\n\s+at .*:\d+:\d+/)
    expect(readFileSync(place.lock, 'utf8')).toBe(before)

    const built = await place.run(['iso'])
    expect(built.status).toBe(0)
    expect(built.stderr).toContain('no mirror has greeting_1_all.deb any more; resolving the packages again\n')
    expect(built.stderr).toMatch(/^ {2}~ greeting 1 → 2$/m)
    const after = readFileSync(place.lock, 'utf8')
    expect(after).toContain('"name":"greeting","version":"2"')
    expect(after.split('\n').filter((line) => !before.includes(line))).toHaveLength(1)

    // The new lock is complete: it builds with --locked, also with an empty store.
    await rm(join(place.store, 'results'), {recursive: true})
    expect(await place.run(['iso', '--locked'])).toMatchObject({status: 0})
    expect(readFileSync(place.lock, 'utf8')).toBe(after)
  },
)
