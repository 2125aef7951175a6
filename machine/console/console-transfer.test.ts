import {expect, test} from 'vitest'
import {stripKernelMessages, stripTransfers} from './console-transfer.ts'

test('a word that a kernel message interrupts is whole without it', () => {
  const text = 'SGVsb[    3.141592] usb 1-1: new device\n[   12.000001][  T42] random: done\nG8=\n[kept] line\n'
  expect(stripKernelMessages(text)).toBe('SGVsbG8=\n[kept] line\n')
})

test("the protocol of the guest shell is removed from the guest's output", () => {
  const text =
    "# stty -echo; exec sh -c '…'\n@@ab12-ready\none\n@@ab12-0=0\ntwo\n@@ab12-0.0<\ncat 3 x;YQ==\n@@ab12-0.0>\nthree\n"
  expect(stripTransfers(text)).toBe('# \none\ntwo\nthree\n')
})
