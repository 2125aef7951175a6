import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../test/scratch.ts'
import {defaultMemoryMiB} from './default-memory.ts'

test.each([
  ['with Kubernetes', JSON.stringify({kubernetes: {kind: 'k3s', version: 'v1.34.3+k3s1', ship: 'first-boot'}}), 2048],
  ['without Kubernetes', '{"kernel": "6.12"}', 1024],
  ['whose manifest is damaged', '{', 1024],
  ['without a manifest', undefined, 1024],
] as const)('a machine for an image %s has the memory that it needs', async (_, manifest, memoryMiB) => {
  const file = join(scratchDirectory(), 'haos-0.1.0-amd64.iso')
  if (manifest !== undefined) writeFileSync(`${file}.manifest.json`, manifest)

  expect(await defaultMemoryMiB(file)).toBe(memoryMiB)
})
