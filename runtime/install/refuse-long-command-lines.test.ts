import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {refuseLongCommandLines} from './refuse-long-command-lines.ts'

const install = (bytes: number, efiLoader?: string) =>
  refuseLongCommandLines(
    {
      identity: deriveIdentity('haos'),
      boot: {cmdline: [`x=${'a'.repeat(bytes - 2)}`], timeoutSeconds: 5},
      consoles: ['console=tty1'],
      debug: false,
    },
    efiLoader,
  )

test('a system with a command line that its kernel would truncate is not installed', () => {
  expect(() => install(1850)).not.toThrow()
  expect(() => install(2000)).toThrow(/Current would be 21\d\d bytes, and the kernel accepts 2047/)
})

test('the limit is that of the architecture whose loader the image has', () => {
  expect(() => install(1000, 'BOOTARM.EFI')).toThrow(/Current would be 11\d\d bytes, and the kernel accepts 1023/)
  expect(() => install(1000, 'BOOTAA64.EFI')).not.toThrow()
})
