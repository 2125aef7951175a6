import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {debian, defineImage, file, directory as makeDirectory, overlay, type PartList, symlink} from '#dsl'
import {nobody} from '../../test/as-nobody.ts'
import {scratchDirectory} from '../../test/scratch.ts'
import {systemParts} from '../system-parts.ts'
import {loadOverlays} from './load-overlays.ts'

/** A directory of a recipe whose overlay `ov` holds the given files. */
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

test('an overlay and another part that write one path are a problem, whichever comes first', async () => {
  const directory = recipeWith('etc/x')
  const written = file('/etc/x', {text: ''})

  expect(await problemsOf([written, overlay('ov')], directory)).toMatchObject([
    {path: "overlay('ov')", message: 'writes /etc/x, which file /etc/x writes too'},
  ])
  expect(await problemsOf([overlay('ov'), written], directory)).toMatchObject([{path: 'file /etc/x'}])
  expect(await problemsOf([written, overlay('ov', {replace: true})], directory)).toEqual([])
})

test("a file of an overlay below a link of the recipe, or in place of the node's program, is a problem", async () => {
  const directory = recipeWith('usr/local/x', 'usr/bin/haos')

  expect(await problemsOf([symlink('/usr/local', '../var/local'), overlay('ov', {replace: true})], directory)).toEqual([
    expect.objectContaining({path: "overlay('ov')", message: expect.stringContaining("the node's own program")}),
    expect.objectContaining({path: 'symlink /usr/local', hint: expect.stringContaining('(../var/local)')}),
  ])
})

test('what an image cannot hold is refused by its name, with what to do', async () => {
  const directory = recipeWith('etc/x', 'etc/line\nbreak')
  execFileSync('mkfifo', [join(directory, 'ov/etc/pipe')])
  writeFileSync(Buffer.concat([Buffer.from(join(directory, 'ov/etc/')), Buffer.from([0xe4])]), '')
  const problems = await problemsOf([overlay('ov')], directory)

  expect(problems.map(({message}: {message: string}) => message).sort()).toEqual([
    'has a line break in its name',
    'has a name that is not UTF-8',
    'is a FIFO',
  ])
  expect(problems).toContainEqual(expect.objectContaining({path: join(directory, 'ov/etc/pipe')}))
})

/** Root reads everything. */
async function asOrdinaryUser<Value>(directory: string, work: () => Promise<Value>): Promise<Value> {
  if (process.getuid?.() !== 0) return work()
  execFileSync('chown', ['-R', String(nobody), directory])
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

test('a file of an overlay that cannot be read is refused by its name', async () => {
  const directory = recipeWith('etc/secret')
  chmodSync(join(directory, 'ov/etc/secret'), 0)

  expect(await asOrdinaryUser(directory, () => problemsOf([overlay('ov')], directory))).toMatchObject([
    {path: join(directory, 'ov/etc/secret'), message: 'cannot be read (EACCES)'},
  ])
})

test('an empty directory of an overlay is one of the image, unless another part has it', async () => {
  const directory = recipeWith('etc/x')
  mkdirSync(join(directory, 'ov/srv/empty'), {recursive: true})
  const {spec} = await load([makeDirectory('/srv/empty', {mode: '0700'}), overlay('ov', {at: '/opt'})], directory)
  const both = await load([makeDirectory('/srv/empty', {mode: '0700'}), overlay('ov')], directory)

  expect(spec.parts).toContainEqual(
    expect.objectContaining({keep: true, node: expect.objectContaining({type: 'directory', path: '/opt/srv/empty'})}),
  )
  expect(systemParts(both.spec, []).nodes).toContainEqual(
    expect.objectContaining({node: expect.objectContaining({path: '/srv/empty', mode: '0700'})}),
  )
})
