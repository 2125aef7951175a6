import {readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {xorriso} from '#tools'
import {slotBytes} from '../../layout/reserved-area.ts'
import {readFromIso} from '../../test/read-from-iso.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallIso} from '../../test/small-iso.ts'
import type {MediumChanges} from '../medium.ts'
import {remaster} from '../remaster.ts'
import {describeIso} from './remaster-iso.ts'

const missing = (await new Toolbox().find(xorriso)) ? undefined : 'xorriso is not installed'
beforeEach(({skip}) => skip(missing !== undefined, missing))

const {signal} = new AbortController()
const change = (input: string, changes: MediumChanges, output?: string) =>
  remaster({input, output, changes, toolbox: new Toolbox(), signal})

test('nodes are changed in place and replaced as a whole, and a reset restores the original bytes', async () => {
  const iso = makeSmallIso(scratchDirectory())
  const before = readFileSync(iso)
  await change(iso, {nodes: Buffer.from('first nodes')})
  await change(iso, {config: Buffer.from('hostname: other\n')})
  await change(iso, {nodes: Buffer.from('second nodes')})
  expect(statSync(iso).size).toBe(before.length)
  for (const names of ['rock-ridge', 'joliet'] as const)
    expect(await readFromIso(iso, '/haos/system/nodes', names)).toBe('second nodes')
  expect(describeIso(iso)).toMatchObject({config: 'hostname: other\n', changed: true})
  expect(readFileSync(iso, 'latin1')).not.toContain('first nodes')
  await change(iso, {reset: true})
  expect(readFileSync(iso).equals(before)).toBe(true)
})

test('nodes are written to a new ISO, which later changes keep', async () => {
  const directory = scratchDirectory()
  const iso = makeSmallIso(directory)
  const before = readFileSync(iso)
  const output = join(directory, 'new.iso')
  await change(iso, {nodes: Buffer.from('some nodes')}, output)
  await change(output, {files: [{from: '/etc/hostname', to: '/extra'}], timeoutSeconds: 1})
  expect(readFileSync(iso).equals(before)).toBe(true)
  expect(await readFromIso(output, '/haos/system/nodes')).toBe('some nodes')
})

test('nodes larger than the reserved area are written to the ISO nevertheless', async () => {
  const iso = makeSmallIso(scratchDirectory())
  const nodes = Buffer.alloc(slotBytes('nodes') + 1, 'node')
  expect(Buffer.from((await change(iso, {nodes})).nodes ?? []).equals(nodes)).toBe(true)
  expect(await change(iso, {menuDefault: 1})).toMatchObject({default: 1, nodes})
  expect(await change(iso, {reset: true})).toMatchObject({nodes: Buffer.alloc(0), changed: false})
})

test('an ISO whose reserved area has no space for nodes gets them, and keeps its other changes', async () => {
  const iso = makeSmallIso(scratchDirectory(), {hasNodes: false})
  await change(iso, {config: Buffer.from('hostname: other\n')})
  await change(iso, {nodes: Buffer.from('some nodes')})
  expect(await readFromIso(iso, '/haos/system/nodes')).toBe('some nodes')
  expect(await change(iso, {timeoutSeconds: 1})).toMatchObject({timeoutSeconds: 1, config: 'hostname: other\n'})
  expect(await change(iso, {reset: true})).toMatchObject({config: 'hostname: built\n'})
})
