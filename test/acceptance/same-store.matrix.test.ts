import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {findDamage} from './soundness.ts'
import {makeTinyWorld, type Workplace, whyNoTinyWorld} from './tiny-world.ts'

const reason = whyNoTinyWorld()
const sums = ({out}: Workplace) => readFileSync(join(out, 'SHA256SUMS'), 'utf8')

test.skipIf(reason)(
  `two builds at the same time in one new store both succeed, with the same bytes${reason ? ` (${reason})` : ''}`,
  async () => {
    const world = await makeTinyWorld()
    const first = world.workplace()
    const second = world.workplace({store: first.store})
    const results = await Promise.all([first.run(['iso']), second.run(['iso'])])

    expect(results).toMatchObject([{status: 0}, {status: 0}])
    expect(sums(second)).toBe(sums(first))
    expect(await findDamage(first)).toEqual([])
  },
)
