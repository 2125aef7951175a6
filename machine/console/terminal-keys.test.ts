import {expect, test} from 'vitest'
import {TerminalKeys} from './terminal-keys.ts'

const type = (...chunks: string[]) => {
  const keys = new TerminalKeys()
  const typed = chunks.map((chunk) => keys.push(Buffer.from(chunk)))
  return {text: Buffer.concat(typed.map(({text}) => text)).toString(), keys: typed.flatMap((one) => one.keys)}
}

test('Ctrl-C, Ctrl-D and arrows go to the guest', () => {
  expect(type('a\x03\x04\x1b[A')).toEqual({text: 'a\x03\x04\x1b[A', keys: []})
})

test('Ctrl-A x ends the machine, even if the two arrive separately', () => {
  expect(type('ls\x01', 'xy')).toEqual({text: 'lsy', keys: ['quit']})
})

test('Ctrl-A can be typed for the guest', () => {
  expect(type('\x01a', '\x01\x01')).toEqual({text: '\x01\x01', keys: []})
  expect(type('\x01k')).toEqual({text: '\x01k', keys: []})
})
