import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {installNode} from '../../test/runtime/install-node.ts'
import {testDisk} from '../../test/runtime/test-disk.ts'

const url = 'https://me:geheim@h/haos.iso?token=x'
const node = (cmdline = '') =>
  installNode({
    disks: [testDisk('/dev/vda')],
    config: 'hostname: node7\n',
    cmdline,
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
  })

test("booted from only a kernel and an initrd, it installs the ISO in the config with the ISO's installer", () => {
  const cmdline = `haos.install.iso_url=${url} haos.install.partition_table=msdos`
  const {host, install, changes, printed, errors} = node(cmdline)
  expect(install('--silent', '--stay', '--tty', 'ttyS0')).toBe(0)
  expect(errors).toEqual([])
  expect(changes().filter((line) => !/^(?:mkdir|rmdir|umount)/.test(line))).toEqual([
    `sh /usr/lib/haos/boot/install.sh --stay --config=/run/install/config.yaml --tty=ttyS0 --partition-table=msdos /dev/vda ${url}`,
  ])
  expect(host.lstat('/run/install/config.yaml')).toBeUndefined()
  expect(printed.join('\n')).toContain('https://h/haos.iso?…')
  expect(printed.join('\n')).not.toMatch(/geheim|token/)
})

test('booted from a medium, it installs that unless a flag names an ISO', () => {
  const medium = node(`haos.install.iso_url=${url}`)
  medium.host.put('/run/haos/medium/haos', {type: 'directory', mode: 0o755})
  expect(medium.install('--silent', '--stay')).toBe(0)
  expect(medium.changes().join()).toContain('mkfs.ext4')
  const byHand = node()
  byHand.host.put('/run/haos/medium/haos', {type: 'directory', mode: 0o755})
  expect(byHand.install('--silent', '--stay', '--iso-url', url)).toBe(0)
  expect(byHand.changes().join()).not.toContain('mkfs')
})
