import {expect, test} from 'vitest'
import {deriveIdentity} from '../dsl/identity.ts'
import {renderDiskMenu} from './disk-boot.ts'

test('GRUB passes the words of the image and of the consoles to the kernel unchanged', () => {
  const boot = {cmdline: ['console=tty1', 'haos.run_cmd=a; b $c', 'panic=10'], timeoutSeconds: 5}
  const menu = renderDiskMenu({identity: deriveIdentity('haos'), boot, consoles: ['console=ttyS1,9600'], debug: false})
  expect(menu).toContain(" root=UUID=$uuid haos.mode=disk console=ttyS1,9600 'haos.run_cmd=a; b $c' panic=10 $entry\n")
  expect(menu).toContain('serial --unit=1 --speed=9600\n')
})

test('a kernel on trial that GRUB cannot load is followed by the entry of the previous version', () => {
  const boot = {cmdline: [], timeoutSeconds: 5}
  const menu = renderDiskMenu({identity: deriveIdentity('haos'), boot, consoles: [], debug: false})
  const entries = menu.match(/^menuentry .*$/gm) ?? []
  const [, fallback = ''] = /set fallback=(\d)/.exec(menu) ?? []
  expect(entries[Number(fallback)]).toBe('menuentry "HAOS Previous" --id previous {')
})
