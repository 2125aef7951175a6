import {expect, test} from 'vitest'
import {HaosError} from './error.ts'
import {defineImage, input} from './image.ts'

/** The problems of a recipe whose types were switched off. */
function problemsOf(image: object, set: Record<string, string> = {}, inputs = {}): readonly string[] {
  try {
    defineImage(inputs, () => Object(image)).resolve({set})
  } catch (error) {
    if (!(error instanceof HaosError)) throw error
    return (error.details.problems ?? []).map(({path, message}) => `${path} ${message}`)
  }
  return []
}

test('the problems that zod finds have our wording', () => {
  const problems = problemsOf({
    ...{name: 5, version: undefined, arch: [], identity: 7, base: {kind: 'x'}},
    kernel: {initrd: 'x'},
    boot: {timeoutSeconds: -1, default: 1.5},
    parts: [3, {kind: 'packages', names: ['']}],
  })

  expect(problems).toEqual(
    expect.arrayContaining([
      'name must be a text',
      'version is missing',
      'arch must not be empty',
      'base.kind must be one of "debian", "alpine"',
      'kernel.initrd must be a list: […]',
      'boot.timeoutSeconds must be at least 0',
      'boot.default must be a whole number',
      'parts[0] must be an object: {…}',
      'parts[1].names[0] must not be empty',
    ]),
  )
  expect(problems.filter((text) => /Invalid|Expected|received|Too (?:small|big)/.test(text))).toEqual([])
})

test('a value that --set cannot express has our wording', () => {
  expect(problemsOf({}, {on: 'maybe'}, {on: input.flag()})).toEqual(['on must be true or false'])
})
