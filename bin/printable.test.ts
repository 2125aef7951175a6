import {expect, test} from 'vitest'
import {HaosError} from '#dsl'
import {printable} from './printable.ts'
import {renderError} from './render-error.ts'

test('lines and tabs are shown unchanged', () => {
  expect(printable('a\tb\nc é ✓')).toBe('a\tb\nc é ✓')
})

test.each([
  ['\u001b[2J\u001b[31mred', 'red'],
  ['\u001b]0;title\u0007after', 'after'],
  ['bell\u0007 back\b', 'bell\\x07 back\\x08'],
  ['over\rwritten', 'over\\x0dwritten'],
  ['\u009b2Jx', 'x'],
  ['left\u202eright', 'left\\x202eright'],
])('%j has no effect on a terminal', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('no part of an error reaches the terminal with a control character', () => {
  const evil = '\u001b]0;owned\u0007\u001b[2J'
  const error = new HaosError('TOOL_FAILED', `dpkg ${evil} failed`, {
    hint: `Read ${evil}`,
    at: `step ${evil}`,
    problems: [{path: `a${evil}`, message: `is ${evil} wrong`, hint: `Mend ${evil}`}],
    output: `E: ${evil}`,
    log: `/x${evil}`,
    command: `sh ${evil}`,
  })
  const shown = renderError(error, '0').replaceAll(/\u001b\[\d+m/g, '')

  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  expect(shown).not.toContain('owned')
  expect(renderError(new Error(`bug ${evil}`), '0').replaceAll(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0007\u001b]/)
})

test('nothing shown contains a secret that is recognizable by its name or form', () => {
  expect(printable('k3s server --token=abc from https://me:pw@h/x?sig=y')).toBe(
    'k3s server --token=[secret] from https://[secret]@h/x?[secret]',
  )
})
