import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {makeTinyWorld, type RunResult, type Workplace} from './tiny-world.ts'

const Planned = z.object({artifacts: z.array(z.object({name: z.string()}))})
const namesIn = ({stdout, stderr}: RunResult): readonly string[] => {
  expect(stderr).toBe('')
  return Planned.parse(JSON.parse(stdout)).artifacts.map(({name}) => name)
}

/** A file that exports two images by name, one of which has an input. */
const twoImages = (text: string): string =>
  text
    .replace('export default defineImage({}, (inputs) => ({', 'export const image = (name, shared) => ({')
    .replace("name: 'tiny',", 'name,')
    .replace(/\}\)\)\n$/, '})\n')
    .concat(`
export default {
  edge: defineImage({motd: input.choice(['a', 'b'], 'a')}, ({motd}) => ({...image('edge'), config: {hostname: motd}})),
  core: defineImage(image('core')),
}
`)

function writeTwoImages(place: Workplace): void {
  const file = join(place.directory, 'haos.build.ts')
  writeFileSync(file, twoImages(readFileSync(file, 'utf8')))
}

test('lock and plan accept several recipes, and pin them in one file', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  place.writeRecipe({more: "name: 'other', date: '2026-03-01',"}, 'other.build.ts')
  const both = ['--recipe', 'haos.build.ts', '--recipe', 'other.build.ts', '--arch', 'amd64']
  expect(await place.run(['lock', ...both])).toMatchObject({status: 0})

  expect(readFileSync(place.lock, 'utf8')).toMatch(/"other\/amd64\/base"[\s\S]*"tiny\/amd64\/base"/)
  expect(namesIn(await place.run(['plan', 'iso', '--json', ...both]))).toEqual([
    'tiny-1.0.0-amd64.iso',
    'other-1.0.0-amd64.iso',
  ])
})

test('an error of one of several recipes names its file', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  place.writeRecipe({more: "name: 'other', hostname: 'x',"}, 'wrong.build.ts')
  place.writeRecipe({more: "name: 'unpinned',"}, 'unpinned.build.ts')
  await place.run(['lock'])
  const planOf = async (other: string) =>
    (await place.run(['plan', '--recipe', 'haos.build.ts', '--recipe', other])).stderr

  expect(await planOf('wrong.build.ts')).toMatch(/RECIPE_INVALID\n {2}recipe wrong\.build\.ts\n/)
  expect(await planOf('unpinned.build.ts')).toMatch(/LOCK_MISSING\n {2}recipe unpinned\.build\.ts\n/)
  expect(await planOf('absent.build.ts')).toMatch(/RECIPE_NOT_FOUND\n {2}recipe absent\.build\.ts\n/)
  place.writeRecipe({more: "name: 'unknown',", parts: "packages('nothing'),"}, 'unknown.build.ts')
  const locked = await place.run(['lock', '--recipe', 'haos.build.ts', '--recipe', 'unknown.build.ts'])
  expect(locked.stderr).toMatch(/PACKAGE_NOT_FOUND\n {2}recipe unknown\.build\.ts\n/)
  expect((await place.run(['plan', '--recipe', 'wrong.build.ts'])).stderr).not.toMatch(/^ {2}recipe /m)
})

test('a recipe file may export several images: --image selects, and each receives the inputs that it defines', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  writeTwoImages(place)
  expect(await place.run(['lock'])).toMatchObject({status: 0})

  const plan = (...words: readonly string[]) => place.run(['plan', 'iso', '--json', ...words])
  expect(namesIn(await plan())).toEqual(['edge-1.0.0-amd64.iso', 'core-1.0.0-amd64.iso'])
  expect(namesIn(await plan('--image', 'core'))).toEqual(['core-1.0.0-amd64.iso'])
  expect(namesIn(await plan('--set', 'motd=b'))).toEqual(['edge-1.0.0-motd-b-amd64.iso', 'core-1.0.0-amd64.iso'])

  expect(await place.run(['plan', '--image', 'cor'])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/the recipe has no image cor .*\n.*\n {2}hint {3}Did you mean "core"\?/),
  })
  expect(await place.run(['plan', '--set', 'mot=b'])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/mot is not an input of any image\n.*Did you mean "motd"\?/),
  })
  expect(await place.run(['packages', 'why', 'greeting'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Choose with --image: edge, core.'),
  })
})

test('packages solve queries the distribution of the recipe', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  const solve = async (...words: readonly string[]) => place.run(['packages', 'solve', ...words])

  expect(await solve('linux-image-amd64')).toMatchObject({
    status: 0,
    stdout: 'linux-image-6.1-tiny 6.1\nlinux-image-amd64 6.1',
  })
  expect(await solve()).toMatchObject({status: 0, stdout: 'greeting 1'})
  expect(await solve('greting')).toMatchObject({status: 3, stderr: expect.stringContaining('Did you mean greeting?')})
  expect(JSON.parse((await solve('--json', 'greting')).stdout)).toMatchObject({ok: false})
})

test('parts that write files of the image itself are refused before any package is resolved', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({recipe: {parts: "file('/usr/lib/haos/boot/install.sh', {text: ''}),"}})
  const {status, stderr} = await place.run(['iso'])

  expect({status, stderr}).toEqual({status: 2, stderr: expect.stringContaining('PATH_CONFLICT')})
  expect(stderr).not.toContain('resolving')
})
