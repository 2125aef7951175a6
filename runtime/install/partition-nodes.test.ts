import {createHash} from 'node:crypto'
import {gunzipSync} from 'node:zlib'
import {expect, test} from 'vitest'
import {installNode} from '../../test/runtime/install-node.ts'
import {testDisk} from '../../test/runtime/test-disk.ts'

const partition = (number: number) => ({
  path: `/dev/vda${number}`,
  number,
  startBytes: number * 2 ** 20,
  sizeBytes: 2 ** 30,
  fileSystem: 'ext4',
  label: undefined,
  type: undefined,
})

// Without its node, dd would create a file in /dev, and the system would be installed into memory.
test('partitions are overwritten while the table that makes their nodes is there, and file systems only made on devices', () => {
  const old = testDisk('/dev/vda', {table: 'gpt', partitions: [partition(1), partition(3)]})
  const {install, changes} = installNode({
    config: 'hostname: node7\nhaos:\n  password: geheimnis\n',
    disks: [old],
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    gunzip: (content) => gunzipSync(content),
  })
  install('--silent')
  const tableWiped = changes().findIndex((line) => /^wipefs .* nodos,noPMBR \/dev\/vda$/.test(line))
  const last = changes().findLastIndex((line) => /^dd .*of=\/dev\/vda[13] /.test(line))
  const asks = changes().flatMap((line, index) =>
    line.includes('[ -b "$1" ]') && line.endsWith(' /dev/vda3') ? [index] : [],
  )
  const [before = -1, asked = -1] = asks

  // udev reads the table again after each write to the whole disk.
  expect(before).toBeGreaterThan(changes().findIndex((line) => /^dd .*of=\/dev\/vda .*seek=0/.test(line)))
  expect(before).toBeLessThan(changes().findIndex((line) => line.startsWith('wipefs --quiet --all --force')))
  expect(last).toBeGreaterThan(0)
  expect(last).toBeLessThan(tableWiped)
  expect(asked).toBeGreaterThan(tableWiped)
  expect(asked).toBeLessThan(changes().findIndex((line) => line.startsWith('mkfs.')))
})
