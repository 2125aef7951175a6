import {expect, test} from 'vitest'
import {stripTerminal, TerminalText} from './terminal-text.ts'

test('colours, cursor moves, titles and bells are removed', () => {
  expect(stripTerminal('\x1b[1;32m * \x1b[0mok\x1b[999C\x1b]0;title\x07\x1b(B\x1b7\x07 done')).toBe(' * ok done')
})

test('every kind of line end is one line feed', () => {
  expect(stripTerminal('a\r\nb\r\r\nc\rd\n')).toBe('a\nb\nc\nd\n')
})

test('chunks that split a character, an escape or a line end give the same text as the whole', () => {
  const bytes = Buffer.from('zwölf \x1b[31mrot\x1b[0m\r\nnext ⏻\x1b]0;t\x1b\\ end\r\n')
  for (let size = 1; size < 9; size++) {
    const text = new TerminalText()
    let all = ''
    for (let at = 0; at < bytes.length; at += size) all += text.push(bytes.subarray(at, at + size))
    expect(all).toBe('zwölf rot\nnext ⏻ end\n')
  }
})
