import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {decodeBase64} from './base64.ts'
import {decodeUtf8, encodeUtf8} from './utf8.ts'

test('any text becomes the same bytes as in Node, and back', () => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), (text) => {
      expect(Buffer.from(encodeUtf8(text))).toEqual(Buffer.from(text))
      expect(decodeUtf8(encodeUtf8(text))).toBe(text)
    }),
  )
})

test('invalid UTF-8 becomes a replacement character, and other bytes stay', () => {
  expect(decodeUtf8(Uint8Array.of(0x61, 0xff, 0x62, 0xc3, 0x28, 0xed, 0xa0, 0x80))).toMatch(/^a\uFFFDb\uFFFD\(\uFFFD+$/)
})

test('any bytes survive base64, with and without line breaks', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString('base64')
      expect(Buffer.from(decodeBase64(text.replace(/.{7}/g, '$&\r\n')))).toEqual(Buffer.from(bytes))
    }),
  )
})

test.each(['eA==eA==', 'eA=', 'e A=', 'eA==x', '=', '####'])('%s is not base64', (text) => {
  expect(() => decodeBase64(text)).toThrow('is not base64')
})
