import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {debian, defineImage, file, overlay, type PartList, symlink} from '#dsl'
import {scratchDirectory} from '../../test/scratch.ts'
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
