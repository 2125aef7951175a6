import {expect, test} from 'vitest'
import {alpine, defineImage, file, type ImageInput} from '#dsl'
import {checkNetworkPrograms} from './check-network-programs.ts'
import type {LockedPackage} from './source.ts'

const config = {network: {ethernets: {eth0: {dhcp4: true}}}}

function check(changes: Partial<ImageInput>, ...names: readonly string[]) {
  const image = defineImage({name: 'edge', version: '1.0.0', base: alpine({release: 'v3.23'}), ...changes})
  const locked = names.map(
    (name): LockedPackage => ({
      name,
      version: '1',
      arch: 'x86_64',
      path: `${name}.apk`,
      sizeBytes: 1,
      sha256: '0'.repeat(64),
    }),
  )
  checkNetworkPrograms(image.resolve({set: {}}), locked)
}

test('links in the config of an image without iproute2 are refused before anything is built', () => {
  expect(() => check({config}, 'busybox')).toThrowError(
    expect.objectContaining({
      code: 'RECIPE_INVALID',
      details: expect.objectContaining({
        problems: [
          expect.objectContaining({path: 'config.network', hint: expect.stringContaining('iproute2-minimal')}),
        ],
      }),
    }),
  )
})

test('iproute2 as a package or as a file suffices, and an image without links needs none', () => {
  check({config}, 'busybox', 'iproute2-minimal')
  check({config, parts: [file('/usr/sbin/ip', {text: '', mode: '0755'})]}, 'busybox')
  check({}, 'busybox')
})
