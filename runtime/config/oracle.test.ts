import {readFileSync} from 'node:fs'
import {isDeepStrictEqual} from 'node:util'
import {afterAll, describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {dumpCases, expectedOf, filesOf} from '../../test/oracle/config-cases.ts'
import {differenceClass} from '../../test/oracle/config-differences.ts'
import {readConfig} from './read-config.ts'
import {renderConfig} from './render-config.ts'

const identity = deriveIdentity('haos')
const documented = [
  ...readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8').matchAll(/^## (\d+)\b/gm),
].map(([, number]) => Number(number))
const asked = dumpCases.filter((recorded) => expectedOf(recorded) !== undefined && isAboutConfig(recorded.argv))
const tally = new Map<string, number>()

describe.skipIf(dumpCases.length === 0)('the recorded cases of the original (../shared/oracle/config/dump)', () => {
  test('there are recordings that ask for a config', () => {
    expect(asked.length).toBeGreaterThan(100)
  })

  test.each(asked.map((recorded) => [recorded.name, recorded] as const))(
    '%s is as recorded, or excused',
    (_, recorded) => {
      const {written, problems} = readConfig(filesOf(recorded), {identity})
      const found: unknown = JSON.parse(JSON.stringify(renderConfig(written, identity)))
      const expected = expectedOf(recorded) ?? []
      const matches = expected.some((each) => isDeepStrictEqual(each, found))
      const excuse = matches ? undefined : differenceClass({recorded, expected: expected[0], found, problems})
      const result = matches ? 'matched' : `class ${excuse}`
      tally.set(result, (tally.get(result) ?? 0) + 1)

      if (!matches) expect(documented, JSON.stringify({found, expected, problems}, undefined, 1)).toContain(excuse)
    },
  )

  afterAll(() => {
    const lines = [...tally].sort(([a], [b]) => a.localeCompare(b, 'en', {numeric: true}))
    console.info(`${asked.length} cases: ${lines.map(([name, count]) => `${name} ${count}`).join(', ')}`)
  })
})

/** Some cases record other commands, such as --version. */
function isAboutConfig(argv: readonly string[] | undefined): boolean {
  return argv === undefined || argv[1] === 'config' || argv[1] === 'cfg'
}
