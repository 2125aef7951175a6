import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {parseElf} from './parse-elf.ts'

/** A program of this machine whose header is changed. */
function program(change: (bytes: Buffer) => void): Buffer {
  const bytes = readFileSync('/bin/sh')
  change(bytes)
  return bytes
}

test.skipIf(process.arch !== 'x64')('a program names its linker and its libraries', () => {
  expect(parseElf(program(() => {}))).toMatchObject({interpreter: expect.stringMatching(/ld-/)})
})

test('a file that refers to offsets outside itself is not a program', () => {
  const far = program((bytes) => bytes.writeBigUInt64LE(0xffffffffffffn, 32))

  expect(parseElf(far)).toBeUndefined()
  expect(parseElf(Buffer.alloc(0))).toBeUndefined()
})

test('no more is read than the bytes of a program can hold, whatever its headers state', () => {
  // Every header becomes the dynamic section, of as many bytes as a number can say.
  const endless = program((bytes) => {
    const first = Number(bytes.readBigUInt64LE(32))
    for (let index = 0; index < bytes.readUInt16LE(56); index++) {
      bytes.writeUInt32LE(2, first + index * 56)
      bytes.writeBigUInt64LE(0xffffffffffffffn, first + index * 56 + 32)
    }
  })

  expect(parseElf(endless)?.needed.length ?? 0).toBeLessThanOrEqual(1024)
})
