import {gunzipSync, gzipSync} from 'node:zlib'
import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {gunzip} from './gunzip.ts'

describe('gzip is unpacked as zlib unpacks it', () => {
  test('whatever was packed, at every level', () => {
    const content = fc.oneof(
      fc.uint8Array({maxLength: 3000}),
      fc.string({maxLength: 500}).map((text) => new TextEncoder().encode(text.repeat(20))),
    )
    fc.assert(
      fc.property(content, fc.nat(9), (bytes, level) => {
        expect(gunzip(gzipSync(bytes, {level})).join()).toBe(bytes.join())
      }),
    )
  })

  test('a large text with long repetitions', () => {
    const text = Array.from({length: 20_000}, (_, index) => `line ${index * 7919} of many\n`).join('')

    expect(new TextDecoder().decode(gunzip(gzipSync(text)))).toBe(text)
  })

  test('of several members, and with zeros behind it', () => {
    const packed = Buffer.concat([gzipSync('one, '), gzipSync('two'), Buffer.alloc(7)])

    expect(new TextDecoder().decode(gunzip(packed))).toBe('one, two')
  })
})

test('what zlib refuses is refused, wherever a byte is changed or the end is missing', () => {
  const packed = gzipSync('some text that is worth packing, worth packing')
  const refuses = (unpack: (bytes: Uint8Array) => unknown, bytes: Uint8Array) => {
    try {
      unpack(bytes)
      return false
    } catch {
      return true
    }
  }
  const spoilt = [
    ...packed.keys().map((at) => packed.map((byte, index) => (index === at ? byte ^ 0x24 : byte))),
    ...packed.keys().map((at) => packed.subarray(0, at)),
    Buffer.concat([packed, Buffer.from('garbage')]),
    Buffer.concat([packed, packed.subarray(0, 5)]),
  ]
  // What a header says of time and system does not matter, and zlib refuses reserved flags besides.
  const strict = spoilt.filter((_, index) => index !== 3)
  for (const bytes of strict) expect(refuses(gunzip, bytes)).toBe(refuses(gunzipSync, bytes))
})
