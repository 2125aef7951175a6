import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {parseActionResult, renderActionResult} from './action-result.ts'

const digest = 'ab'.repeat(32)

test('an entry is the protobuf of an ActionResult with one output file', () => {
  // What protobuf's own library for Python writes.
  const file = `0a06${Buffer.from('result').toString('hex')}1245${`0a40${Buffer.from(digest).toString('hex')}`}10ac02`

  expect(Buffer.from(renderActionResult({digest, sizeBytes: 300})).toString('hex')).toBe(`124f${file}`)
})

test('an entry is read back, of any size, also among fields that other servers add', () => {
  for (const sizeBytes of [0, 1, 127, 128, 2 ** 31, 2 ** 40 + 1]) {
    const entry = renderActionResult({digest, sizeBytes})
    // exit_code: 0 (a number), stdout_raw: "hi" (bytes), and fields of four and eight bytes.
    const others = Buffer.from('20002a0268697d00000000790000000000000000', 'hex')
    expect(parseActionResult(entry)).toEqual({digest, sizeBytes})
    expect(parseActionResult(Buffer.concat([others, entry, others]))).toEqual({digest, sizeBytes})
  }
})

test('an entry without bytes has no size, and one to which bazel-remote has added the sender is read', () => {
  const file = `0a06${Buffer.from('result').toString('hex')}1242${`0a40${Buffer.from(digest).toString('hex')}`}`
  const entry = renderActionResult({digest, sizeBytes: 0})
  // execution_metadata {worker: "10.0.0.1:99"}
  const metadata = Buffer.from('4a0d0a0b31302e302e302e313a3939', 'hex')

  expect(Buffer.from(entry).toString('hex')).toBe(`124c${file}`)
  expect(parseActionResult(Buffer.concat([entry, metadata]))).toEqual({digest, sizeBytes: 0})
})

test('no prefix of an entry and no other bytes are an entry', () => {
  const entry = renderActionResult({digest, sizeBytes: 300})
  for (let length = 0; length < entry.length; length++)
    expect(parseActionResult(entry.subarray(0, length))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 200}), (bytes) => {
      expect(parseActionResult(bytes)).toBeUndefined()
    }),
  )
})
