import {execFileSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {debian, defineImage, file, overlay, type PartList} from '#dsl'
import {readTree, writeTree} from '#formats'
import {runStep} from '../../test/run-step.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {squashfs} from '../steps/squashfs.ts'
import {systemTree} from '../steps/system/system-tree.ts'
import {treeIndex} from '../steps/system/tree-index.ts'
import {systemParts} from '../system-parts.ts'
import {loadOverlays} from './load-overlays.ts'

/** A directory of a recipe whose overlay `ov` contains the given files. */
function recipeWith(...files: readonly string[]): string {
  const directory = scratchDirectory()
  for (const path of files) {
    mkdirSync(dirname(join(directory, 'ov', path)), {recursive: true})
    writeFileSync(join(directory, 'ov', path), path)
  }
  return directory
}

const load = (parts: readonly PartList[], directory: string) =>
  loadOverlays(defineImage({name: 'x', version: '1', base: debian(), parts}).resolve({set: {}}), directory)

const problemsOf = (parts: readonly PartList[], directory: string) =>
  load(parts, directory).then(
    () => [],
    ({code, details}) => {
      expect(code).toBe('RECIPE_INVALID')
      return details.problems
    },
  )

/** Whether the file system of temporary directories supports attributes. */
function canSetAttributes(): boolean {
  const file = join(recipeWith('x'), 'ov/x')
  try {
    execFileSync('setfattr', ['-n', 'user.x', '-v', 'x', file], {stdio: 'ignore'})
    if (process.getuid?.() === 0) execFileSync('setcap', ['cap_net_raw+ep', file], {stdio: 'ignore'})
    return true
  } catch {
    return false
  }
}

test('capabilities and attributes of an overlay are in its layer, whatever the names of its files', async ({skip}) => {
  if (!canSetAttributes() || process.getuid?.() !== 0) skip('setfattr and setcap cannot be used here')
  const names = ['usr/bin/ping', 'usr/share/ä b\\ "x\' -> y\tz', 'usr/share/plain']
  const directory = recipeWith(...names)
  const at = (name: string) => join(directory, 'ov', name)
  execFileSync('setcap', ['cap_net_raw+ep', at('usr/bin/ping')])
  execFileSync('setfattr', [
    '-n',
    'user.note',
    '-v',
    `0s${Buffer.from([1, 0, 10, 255]).toString('base64')}`,
    at(names[1] ?? ''),
  ])
  mkdirSync(at('usr/lib/dir'), {recursive: true})
  writeFileSync(at('usr/lib/dir/x'), '')
  execFileSync('setfattr', ['-n', 'user.dir', '-v', 'x', at('usr/lib/dir')])
  execFileSync('setfattr', ['-n', 'security.ima', '-v', 'x', at('usr/share/plain')])
  const {spec, origins} = await load([overlay('ov')], directory)
  const scratch = scratchDirectory()
  const [tree, runtime] = [join(scratch, 'packages'), join(scratch, 'runtime')]
  await writeTree(tree, [], {epoch: 0})
  writeFileSync(runtime, '')
  const index = await runStep(treeIndex, {tree}, {})
  const options = {...systemParts(spec, []), filePaths: []}
  const layer = await runStep(
    squashfs,
    {tree: await runStep(systemTree, {index, runtime, files: []}, options)},
    {compressor: 'gzip', blockSizeBytes: 131_072},
  )
  const unpacked = join(scratch, 'unpacked')
  execFileSync('sh', ['-c', 'sqfs2tar "$1" >"$2"', 'sh', layer, unpacked])
  const found: Record<string, unknown> = {}
  for await (const {path, xattrs} of readTree(unpacked)) if (xattrs) found[path] = xattrs

  expect(origins.size).toBe(0)
  expect(found).toEqual({
    '/usr/bin/ping': {'security.capability': expect.any(Uint8Array)},
    [`/${names[1]}`]: {'user.note': new Uint8Array([1, 0, 10, 255])},
    '/usr/lib/dir': {'user.dir': new Uint8Array([120])},
  })
})

test('a single file keeps its capabilities, too', async ({skip}) => {
  if (!canSetAttributes() || process.getuid?.() !== 0) skip('setfattr and setcap cannot be used here')
  const directory = recipeWith('ping')
  execFileSync('setcap', ['cap_net_raw+ep', join(directory, 'ov/ping')])
  const {spec} = await load([file('/usr/bin/ping', {from: 'ov/ping', mode: '0755'})], directory)

  expect(spec.parts).toContainEqual(
    expect.objectContaining({
      node: expect.objectContaining({mode: '0755', xattrs: {'security.capability': expect.any(String)}}),
    }),
  )
})

test('attributes that an image cannot contain are refused by their names', async ({skip}) => {
  if (!canSetAttributes() || process.getuid?.() !== 0) skip('setfattr and setcap cannot be used here')
  const directory = recipeWith('a', 'b')
  const list = '0sAgAAAAEABgD/////AgAEAP7/AAAEAAQA/////xAABAD/////IAAEAP////8='
  execFileSync('setfattr', ['-n', 'system.posix_acl_access', '-v', list, join(directory, 'ov/a')])
  execFileSync('setfattr', ['-n', 'trusted.x', '-v', 'x', join(directory, 'ov/b')])

  expect(await problemsOf([overlay('ov')], directory)).toMatchObject([
    {path: join(directory, 'ov/a'), message: expect.stringContaining('access control list')},
    {path: join(directory, 'ov/b'), message: expect.stringContaining('trusted.x')},
  ])
})
