import {expect, test} from 'vitest'
import {checkKernel} from './check-kernel.ts'

const needs = [
  {options: {VXLAN: 'vxlan'}, required: ['flannel'] as const, reason: 'pods do not reach each other', source: 'x'},
]
const stateOf = (builtin: readonly string[]) =>
  checkKernel({config: undefined, modules: new Set(['ext4']), builtin: new Set(builtin)}, needs, ['flannel'])[0]?.state

test('without a configuration, a module that is missing may be built in, unless a list says what is', () => {
  expect(stateOf([])).toBe('unknown')
  expect(stateOf(['unix'])).toBe('no-module')
  expect(stateOf(['vxlan'])).toBeUndefined()
})
