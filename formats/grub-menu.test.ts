import {expect, test} from 'vitest'
import {
  changeGrubMenu,
  parseDefaultEntry,
  parseGrubMenu,
  renderKernelArguments,
  splitKernelArguments,
} from './grub-menu.ts'

const menu = `set default=1
set timeout=5
serial --unit=0
menuentry "Install" {
  linux /boot/vmlinuz haos.mode=install
  initrd /boot/initrd
}
menuentry "Live" {
  set sqfile=/k/kernel.squashfs
  linux (loop0)/vmlinuz console=tty1 'init_cmd=echo a b' $extra_cmdline
  initrd /boot/initrd
}
`

test('entries are read with their arguments, without quotes', () => {
  expect(parseGrubMenu(menu)).toMatchObject({
    default: 1,
    timeoutSeconds: 5,
    entries: [
      {title: 'Install', kernel: '/boot/vmlinuz', initrd: '/boot/initrd', arguments: ['haos.mode=install']},
      {title: 'Live', kernel: '(loop0)/vmlinuz', arguments: ['console=tty1', 'init_cmd=echo a b', '$extra_cmdline']},
    ],
  })
})

test('the entry that GRUB boots by itself is found, without words that GRUB would replace', () => {
  expect(parseDefaultEntry(menu)).toMatchObject({
    kernel: '(loop0)/vmlinuz',
    arguments: ['console=tty1', 'init_cmd=echo a b'],
  })
})

test('a menu without a kernel has no kernel to boot', () => {
  expect(parseDefaultEntry('menuentry "Off" {\n  halt\n}\n')?.kernel).toBeUndefined()
  expect(parseDefaultEntry('')).toBeUndefined()
})

test('a change leaves everything else as it was written', () => {
  const changed = changeGrubMenu(menu, {
    default: 0,
    timeoutSeconds: 30,
    arguments: (present, entry) => (entry === 1 ? [...present, 'run_cmd=echo c d', 'quiet'] : present),
  })

  expect(changed).toBe(
    menu
      .replace('default=1', 'default=0')
      .replace('timeout=5', 'timeout=30')
      .replace('$extra_cmdline', "$extra_cmdline 'run_cmd=echo c d' quiet"),
  )
  expect(changeGrubMenu(menu, {arguments: (present) => present})).toBe(menu)
})

test('a menu without default and time-out gets them', () => {
  const {entries, ...numbers} = parseGrubMenu(changeGrubMenu('menuentry "a" {\n}\n', {default: 2, timeoutSeconds: 0}))

  expect(numbers).toEqual({default: 2, timeoutSeconds: 0})
  expect(entries).toHaveLength(1)
})

test('arguments are split at spaces that the kernel would split at', () => {
  const text = 'quiet init_cmd="echo a b" "run_cmd=x y"'

  expect(splitKernelArguments(text)).toEqual(['quiet', 'init_cmd=echo a b', 'run_cmd=x y'])
  expect(renderKernelArguments(splitKernelArguments(text))).toBe('quiet "init_cmd=echo a b" "run_cmd=x y"')
})
