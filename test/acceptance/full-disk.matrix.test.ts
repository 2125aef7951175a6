import {execFileSync} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {expect, onTestFinished, test} from 'vitest'
import {findDamage} from './soundness.ts'
import {makeTinyWorld, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld() ?? (process.getuid?.() === 0 ? undefined : 'only root mounts a small disk')
const title = (fact: string) => (reason === undefined ? fact : `${fact} (${reason})`)

/** Mounts a disk of some MiB at a path until the test ends. Returns a function that changes its size. */
function mountSmallDisk(path: string, sizeMiB: number): (sizeMiB: number) => void {
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=0755,size=${sizeMiB}m`, 'small', path])
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]))
  return (size) => void execFileSync('mount', ['-o', `remount,size=${size}m`, path])
}

test.skipIf(reason)(
  title('a store on a full disk is reported, whatever was being written, stays valid, and is used once there is space'),
  async () => {
    const world = await makeTinyWorld()
    const place = world.workplace()
    const resize = mountSmallDisk(place.store, 1)
    let refusals = 0
    for (let sizeMiB = 1; sizeMiB < 2048; sizeMiB *= 2) {
      resize(sizeMiB)
      const {status, events} = await place.run(['iso', '--json'])
      expect(await findDamage(place)).toEqual([])
      if (status === 0) break
      refusals++
      expect(status).toBe(4)
      expect(events.at(-1)).toMatchObject({type: 'error', code: 'DISK_FULL', hint: expect.stringContaining('Free ')})
    }

    expect(refusals).toBeGreaterThan(3)
    expect(await place.run(['iso', '--locked'])).toMatchObject({status: 0})
  },
)

test.skipIf(reason)(
  title('an output directory on a full disk is reported, has no partial files, and is used once there is space'),
  async () => {
    const world = await makeTinyWorld()
    const place = world.workplace()
    const resize = mountSmallDisk(place.out, 1)
    const {status, events} = await place.run(['iso', '--json'])
    expect(status).toBe(4)
    expect(events.at(-1)).toMatchObject({type: 'error', code: 'DISK_FULL', hint: expect.stringContaining('Free ')})
    expect(await findDamage(place)).toEqual([])

    resize(1024)
    expect(await place.run(['iso'])).toMatchObject({status: 0})
  },
)
