import {beforeEach, expect, test} from 'vitest'
import {Toolbox} from '#engine'
import {xorriso} from '#tools'
import {scratchDirectory} from '../../test/scratch.ts'
import {makeSmallIso} from '../../test/small-iso.ts'
import type {MediumChanges} from '../medium.ts'
import {remaster} from '../remaster.ts'

const missing = (await new Toolbox().find(xorriso)) ? undefined : 'xorriso is not installed'
beforeEach(({skip}) => skip(missing !== undefined, missing))

const change = (input: string, changes: MediumChanges) =>
  remaster({input, changes, toolbox: new Toolbox(), signal: new AbortController().signal})

test('no entry gets a longer command line than a kernel of the architecture accepts', async () => {
  const append = [`x=${'a'.repeat(950)}`]
  for (const loader of ['BOOTX64.EFI', 'BOOTAA64.EFI'])
    await change(makeSmallIso(scratchDirectory(), {loader}), {arguments: {append}})

  await expect(
    change(makeSmallIso(scratchDirectory(), {loader: 'BOOTARM.EFI'}), {arguments: {append}}),
  ).rejects.toMatchObject({
    code: 'USAGE_INVALID',
    message: expect.stringMatching(/10\d\d bytes; the kernel accepts 1023/),
  })
})
