import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {digestOfBytes} from '#engine'
import {defineTarget} from '#image'
import {scratchDirectory} from '../../test/scratch.ts'
import {readBaseDisk} from './base-disk.ts'
import {cloudNames} from './clouds.ts'
import {packerCloudNames} from './packer-template.ts'
import {takeoverTarget} from './takeover-target.ts'

const iso = defineTarget({kind: 'iso', summary: 'ISO', plan: () => []})
const base = {path: '/base.qcow2', sha256: digestOfBytes('')}

test('every cloud supports an image that is taken over on the build machine', () => {
  expect(cloudNames.map((name) => takeoverTarget(name, {iso, base}).kind)).toEqual(
    cloudNames.map((name) => `cloud-${name}-takeover`),
  )
})

test('a cloud without a template is refused with the clouds that have one', () => {
  const without = cloudNames.filter((name) => packerCloudNames.every((other) => other !== name))
  expect(without).toContain('vagrant')
  for (const name of without) {
    expect(() => takeoverTarget(name, {iso})).toThrow(
      expect.objectContaining({details: expect.objectContaining({hint: expect.stringMatching(/--base.*aws, gcp/)})}),
    )
  }
})

test('a size is accepted only for an image made on the build machine, and must suit the cloud', () => {
  expect(() => takeoverTarget('aws', {iso, sizeBytes: 8 * 2 ** 30})).toThrow(
    "--size does not apply to a template: the image gets the stock image's size",
  )
  expect(() => takeoverTarget('gcp', {iso, base, sizeBytes: 8 * 2 ** 30 + 2 ** 20})).toThrow('whole GiB')
})

test('an image that is taken over is identified by its digest', async () => {
  const directory = scratchDirectory()
  const file = join(directory, 'base.raw')
  writeFileSync(file, 'disk')

  expect(await readBaseDisk(file)).toEqual({path: file, sha256: digestOfBytes('disk')})
  await expect(readBaseDisk(join(directory, 'none'))).rejects.toThrow('there is no disk image')
  await expect(readBaseDisk(directory)).rejects.toThrow('there is no disk image')
})
