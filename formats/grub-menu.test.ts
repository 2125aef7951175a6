import {expect, test} from 'vitest'
import {renderKernelArguments} from '#layout'
import {changeGrubMenu, parseDefaultEntry, parseGrubMenu, splitKernelArguments} from './grub-menu.ts'

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

test('the default entry is found, without words that GRUB would replace', () => {
  expect(parseDefaultEntry(menu)).toMatchObject({
    kernel: '(loop0)/vmlinuz',
    arguments: ['console=tty1', 'init_cmd=echo a b'],
  })
})

test('a menu without a kernel has no default entry', () => {
  expect(parseDefaultEntry('menuentry "Off" {\n  halt\n}\n')?.kernel).toBeUndefined()
  expect(parseDefaultEntry('')).toBeUndefined()
})

test('a change leaves everything else byte for byte unchanged', () => {
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

test.each([
  ['on one line', 'menuentry "X" { linux /k a b }', 'menuentry "X" { linux /k a b new }'],
  ['without spaces', 'menuentry "X" {linux /k a b;initrd /i}', 'menuentry "X" {linux /k a b new;initrd /i}'],
  ['on a continued line', 'menuentry "X" {\n linux /k a \\\n  b\n}', 'menuentry "X" {\n linux /k a b new\n}'],
  ['before a comment', 'menuentry "X" {\n linux /k a b # c\n}', 'menuentry "X" {\n linux /k a b new # c\n}'],
  [
    'in each branch',
    'menuentry "X" { if [ -e /k ]; then linux /k a b; else linux /o b; fi }',
    'menuentry "X" { if [ -e /k ]; then linux /k a b new; else linux /o b new; fi }',
  ],
  [
    'in a submenu',
    'submenu "S" { menuentry "X" { linux /k a b }; }',
    'submenu "S" { menuentry "X" { linux /k a b new }; }',
  ],
  [
    'behind another entry',
    'menuentry "O" { halt }; menuentry "X" { linux /k a b }',
    'menuentry "O" { halt }; menuentry "X" { linux /k a b new }',
  ],
  [
    'beside a comment',
    '# menuentry "C" { linux /c }\nmenuentry "X" { linux /k a b }',
    '# menuentry "C" { linux /c }\nmenuentry "X" { linux /k a b new }',
  ],
])('a kernel that is started %s gets its arguments', (_, text, expected) => {
  expect(parseGrubMenu(text).entries.at(-1)).toMatchObject({title: 'X', kernel: '/k', arguments: ['a', 'b']})
  expect(changeGrubMenu(text, {arguments: (present) => [...present, 'new']})).toBe(expected)
})

test('default and timeout are changed wherever they are set, and nothing else is', () => {
  const text =
    'set default=0; set timeout=5\nif $x; then timeout=9; fi\nmenuentry "a" { set timeout=1 }\nset timeout_style=menu\n'

  expect(changeGrubMenu(text, {default: 1, timeoutSeconds: 7})).toBe(
    'set default=1; set timeout=7\nif $x; then timeout=7; fi\nmenuentry "a" { set timeout=1 }\nset timeout_style=menu\n',
  )
})

test('a menu without default and timeout gets them', () => {
  const {entries, ...numbers} = parseGrubMenu(changeGrubMenu('menuentry "a" {\n}\n', {default: 2, timeoutSeconds: 0}))

  expect(numbers).toEqual({default: 2, timeoutSeconds: 0})
  expect(entries).toHaveLength(1)
})

test('arguments are split at the same spaces as by the kernel', () => {
  const text = 'quiet init_cmd="echo a b" "run_cmd=x y"'

  expect(splitKernelArguments(text)).toEqual(['quiet', 'init_cmd=echo a b', 'run_cmd=x y'])
  expect(renderKernelArguments(splitKernelArguments(text))).toBe('quiet "init_cmd=echo a b" "run_cmd=x y"')
})
