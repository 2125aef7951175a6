import {once} from 'node:events'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {makeTinyWorld, type Workplace} from './tiny-world.ts'

/** A project for errors that come before its lock file is read. */
const unlockedPlace = async (): Promise<Workplace> => (await makeTinyWorld({hollow: true})).workplace()

async function lockedPlace(): Promise<Workplace> {
  const place = await unlockedPlace()
  expect(await place.run(['lock'])).toMatchObject({status: 0})
  return place
}

/** Writes lines before and after the sound recipe. */
function surround(place: Workplace, before: string, after = ''): void {
  const path = join(place.directory, 'haos.build.ts')
  writeFileSync(path, `${before}\n${readFileSync(path, 'utf8')}\n${after}\n`)
}

test('a recipe that leaves a timer running does not keep the program from ending', async () => {
  const place = await lockedPlace()
  surround(place, 'setInterval(() => {}, 1000)')

  expect(await place.run(['plan', 'iso', '--json'])).toMatchObject({status: 0})
})

test.each([
  ['a timer', "setTimeout(() => { throw new Error('too late') }, 0)"],
  ['a promise', "Promise.reject(new Error('too late'))"],
])("an error in %s of the recipe's is reported as the recipe's, with its line", async (_, line) => {
  const place = await lockedPlace()
  surround(place, line)
  const {status, stderr} = await place.run(['plan', 'iso'])

  expect(status).toBe(2)
  expect(stderr).toMatch(
    /^✗ the recipe cannot be run {2}RECIPE_INVALID\n {2}at {5}.*haos\.build\.ts:1\n {2}cause {2}too late\n/,
  )
  expect(stderr).not.toContain('node:internal')

  const {stdout} = await place.run(['plan', 'iso', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    code: 'RECIPE_INVALID',
    at: expect.stringMatching(/haos\.build\.ts:1$/),
    cause: 'too late',
  })
})

test('a recipe that exports a promise is awaited, but not if nothing settles it', async () => {
  const place = await unlockedPlace()
  const path = join(place.directory, 'haos.build.ts')
  writeFileSync(path, 'export default new Promise(() => {})')

  expect(await place.run(['plan'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('✗ the recipe waits for a promise that never settles'),
  })
})

test('a recipe whose function is async is told where to await', async () => {
  const place = await unlockedPlace()
  writeFileSync(
    join(place.directory, 'haos.build.ts'),
    "import {defineImage} from 'haos-build'\nexport default defineImage({}, async () => ({name: 'x'}))",
  )

  expect(await place.run(['plan'])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/✗ the function of the recipe is async .*\n.*Await before `defineImage`/),
  })
})

test('a signal ends a recipe that waits and keeps a timer', async () => {
  const place = await unlockedPlace()
  surround(place, "console.log('waiting')\nsetInterval(() => {}, 1000)\nawait new Promise(() => {})")
  const command = place.start(['plan'])
  await once(command.stderr, 'data')
  command.kill('SIGTERM')
  const {exitCode} = await command

  expect(exitCode).toBe(130)
})

test('what a recipe prints is no part of the result', async () => {
  const place = await lockedPlace()
  surround(place, '', "console.log('printed by the recipe')")
  const {stdout, stderr} = await place.run(['plan', 'iso', '--json'])

  expect(JSON.parse(stdout)).toMatchObject({type: 'result'})
  expect(stderr).toBe('printed by the recipe')
})

test('an architecture given twice counts once', async () => {
  const place = await lockedPlace()

  expect(await place.run(['plan', 'iso', '--arch', 'amd64', '--arch', 'amd64'])).toMatchObject({status: 0})
})

test('a recipe that is a pipe is refused immediately', async () => {
  const place = await unlockedPlace()
  const pipe = join(place.directory, 'pipe.build.ts')
  await execa('mkfifo', [pipe])
  const finished = await Promise.race([place.run(['plan', '--recipe', 'pipe.build.ts']), delay(60_000, 'waits')])

  expect(finished).toMatchObject({status: 2, stderr: expect.stringContaining('✗ pipe.build.ts is not a file')})
})
