import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import type {BuildEvent} from '#engine'
import {digestOfFile} from '../../engine/store/digest.ts'
import {buildUntil} from './build-until.ts'
import {findDamage} from './soundness.ts'
import {makeTinyWorld, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()
const title = (fact: string) => (reason === undefined ? fact : `${fact} (${reason})`)

/**
 * Kinds whose steps are killed twice: at their start, and while their tools run.
 * The others take a few milliseconds.
 */
const longKinds = ['debian-root', 'squashfs', 'iso9660']

test.skipIf(reason)(
  title('a build that is killed at any step goes on at the next try, and leaves nothing half-written'),
  async () => {
    const world = await makeTinyWorld()
    let place = world.workplace()
    const starts: string[] = []
    const work: string[] = []
    const early: string[] = []
    // Each kind is killed when its first step starts, so that none of its steps has a result yet.
    const whenToKill = (event: BuildEvent) => {
      const kind = kindOf(event)
      if (kind === undefined) return undefined
      if (!starts.includes(kind)) {
        starts.push(kind)
        return 0
      }
      if (!longKinds.includes(kind) || work.includes(kind)) return undefined
      work.push(kind)
      return 150
    }
    const kinds = new Set<string>()
    for (let round = 0; round < 40; round++) {
      const {isSent, status, stderr, events} = await buildUntil(place, 'SIGKILL', whenToKill)
      for (const kind of events.map(kindOf)) if (kind !== undefined) kinds.add(kind)
      if (isSent) {
        if (!events.some(({type}) => type === 'artifact')) early.push(...isosIn(place))
        continue
      }
      expect([status, stderr]).toEqual([0, ''])
      expect(await findDamage(place)).toEqual([])
      if (starts.length === kinds.size) break
      // A step of a few milliseconds can end before the signal that was meant for another one arrives. It is killed in a new place.
      place = world.workplace()
    }

    expect(starts.sort()).toEqual([
      'bundle-runtime',
      'check-paths',
      'compile-runtime',
      'debian-paths',
      'debian-root',
      'debian-unpack',
      'efi-partition',
      'export',
      'fetch',
      'grub-image',
      'initrd',
      'iso9660',
      'kernel-check',
      'kernel-facts',
      'kernel-tree',
      'pick-file',
      'privileged-files',
      'release',
      'squashfs',
      'system-tree',
      'text-file',
      'tree-index',
    ])
    // No output gets its name before it is complete.
    expect(early).toEqual([])
    const [iso = ''] = isosIn(place)
    const sums = readFileSync(join(place.out, 'SHA256SUMS'), 'utf8')
    expect(sums).toContain(`${await digestOfFile(join(place.out, iso))}  tiny-1.0.0-amd64.iso\n`)
  },
)

const isosIn = ({out}: Workplace): string[] =>
  existsSync(out) ? readdirSync(out).filter((name) => name.endsWith('-1.0.0-amd64.iso')) : []

const kindOf = (event: BuildEvent): string | undefined =>
  event.type === 'step-started' ? event.kind : event.type === 'artifact' ? 'export' : undefined
