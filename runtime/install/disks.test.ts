import {expect, test} from 'vitest'
import {installNode} from '../../test/runtime/install-node.ts'
import {testDisk} from '../../test/runtime/test-disk.ts'

test('udev processes the disks before they are listed, because it provides the serial numbers', () => {
  const {host, install} = installNode({
    disks: [testDisk('/dev/vda'), testDisk('/dev/vdb')],
    sha256: () => '',
  })
  for (const path of ['/run/openrc/softlevel', '/bin/udevadm', '/run/udev/control']) host.put(path, {content: ''})
  install('--silent')
  const programs = host.commands.map(({argv}) => argv.slice(0, 2).join(' '))
  expect(programs.indexOf('udevadm trigger')).toBeGreaterThanOrEqual(0)
  expect(programs.indexOf('udevadm settle')).toBeGreaterThan(programs.indexOf('udevadm trigger'))
  expect(programs.indexOf('lsblk --json')).toBeGreaterThan(programs.indexOf('udevadm settle'))
})
