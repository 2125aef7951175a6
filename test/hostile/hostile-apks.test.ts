import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {findStaticBusybox} from '../static-busybox.ts'
import {makeCanary, stateOf} from './canary.ts'
import {apkLabel, busyboxApk, hostileApks} from './hostile-apks.ts'
import {installAs, users} from './install-as.ts'

const {busybox = '', reason} = findStaticBusybox()
const missing = process.arch === 'x64' ? reason : 'the packages are made for amd64'
if (missing !== undefined && process.env['CI']) throw new Error(missing)

describe.skipIf(missing !== undefined)('packages of Alpine whose scripts are run', () => {
  test.for(users)('change nothing of the machine that installs them, when %s builds', async (user, {skip}) => {
    const canary = makeCanary()
    const titles = [...hostileApks.keys()]
    const {directory, run} = await installAs(user, skip)
    const base = busyboxApk(readFileSync(busybox))
    const basePath = join(directory, 'base.apk')
    writeFileSync(basePath, base.bytes)
    const packages = [...hostileApks.values()].map(({make}, index) => {
      const path = join(directory, `${index}.apk`)
      writeFileSync(path, make(canary))
      return {path, label: apkLabel}
    })
    const before = stateOf(canary)

    const {results, peakBytes} = await run({kind: 'alpine', base: [{path: basePath, label: base.label}], packages})

    expect(stateOf(canary)).toEqual(before)
    const outcomes = results.map(({code, message = ''}, index) => [titles[index], code, message])
    expect(outcomes).toEqual(
      [...hostileApks].map(([title, {outcome}]) =>
        outcome === 'harmless'
          ? [title, undefined, '']
          : [title, expect.stringMatching(/^(?:PACKAGE|PATH|DIGEST)_/), expect.stringContaining(apkLabel)],
      ),
    )
    expect(peakBytes / 1e6).toBeLessThan(500)
  })

  test('are more than thirty kinds', () => {
    expect(hostileApks.size).toBeGreaterThan(30)
  })
})
