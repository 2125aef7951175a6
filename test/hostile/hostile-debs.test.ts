import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {buildTinyBase} from '../acceptance/tiny-packages.ts'
import {whyNoTinyWorld} from '../acceptance/tiny-world.ts'
import {makeCanary, stateOf} from './canary.ts'
import {label} from './deb-of.ts'
import {hostileDebs} from './hostile-debs.ts'
import {installAs, users} from './install-as.ts'

const missing = whyNoTinyWorld()
if (missing !== undefined && process.env['CI']) throw new Error(missing)

const codes = {refused: 'PACKAGE_INVALID', failed: 'TOOL_FAILED', harmless: undefined}

describe.skipIf(missing !== undefined)('packages of Debian', () => {
  test.for(users)('change nothing of the machine that installs them, when %s builds', async (user, {skip}) => {
    const canary = makeCanary()
    const titles = [...hostileDebs.keys()]
    const {directory, run} = await installAs(user, skip)
    const base = [{path: buildTinyBase(), label: 'tiny-base 1'}]
    const packages = [...hostileDebs.values()].map(({make}, index) => {
      const path = join(directory, `${index}.deb`)
      writeFileSync(path, make(canary))
      return {path, label}
    })
    const before = stateOf(canary)

    const {results, peakBytes} = await run({kind: 'debian', base, packages})

    expect(stateOf(canary)).toEqual(before)
    const outcomes = results.map(({code, message = ''}, index) => [
      titles[index],
      code,
      code === undefined ? '' : message,
    ])
    expect(outcomes).toEqual(
      [...hostileDebs].map(([title, {outcome}]) => [
        title,
        codes[outcome],
        outcome === 'refused' ? expect.stringContaining(label) : outcome === 'failed' ? expect.anything() : '',
      ]),
    )
    // The largest bomb is 512 MB.
    expect(peakBytes / 1e6).toBeLessThan(400)
  })

  test('are more than forty kinds', () => {
    expect(hostileDebs.size).toBeGreaterThan(40)
  })
})
