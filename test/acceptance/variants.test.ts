import {readFileSync, writeFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import * as z from 'zod'
import {makeTinyWorld, type Workplace} from './tiny-world.ts'

const recipe = {
  inputs: "size: input.choice(['small', 'large'], 'small'), token: input.text(''), tries: input.number(1)",
  parts: "inputs.size === 'large' ? packages('busybox-static') : [],",
  more: "config: {hostname: 'tiny', run_cmd: ['echo ' + inputs.token + inputs.tries]},",
}

const Planned = z.object({artifacts: z.array(z.object({name: z.string()}))})
const Locked = z.object({sets: z.record(z.string(), z.object({packages: z.array(z.object({name: z.string()}))}))})

/** Names of the artifacts of a plan. Planning never changes the lock file. */
async function plannedNames(place: Workplace, ...words: readonly string[]): Promise<readonly string[]> {
  const {status, stdout} = await place.run(['plan', 'iso', '--json', ...words])
  expect({status, stdout}).toMatchObject({status: 0})
  return Planned.parse(JSON.parse(stdout)).artifacts.map(({name}) => name)
}

const setsOf = ({lock}: Workplace) => Locked.parse(JSON.parse(readFileSync(lock, 'utf8'))).sets

test('variants of an image have their own pins and files', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({recipe})
  await place.run(['lock'])
  const plain = setsOf(place)
  world.publish('2')
  expect(await place.run(['lock', '--set', 'size=large'])).toMatchObject({status: 0})

  const both = setsOf(place)
  expect(both).toMatchObject(plain)
  expect(Object.keys(both).filter((name) => !(name in plain))).toEqual(['tiny/amd64/base/size=large'])
  expect(await plannedNames(place)).toEqual(['tiny-1.0.0-amd64.iso'])
  expect(await plannedNames(place, '--set', 'size=small')).toEqual(['tiny-1.0.0-amd64.iso'])
  expect(await plannedNames(place, '--set', 'size=large')).toEqual(['tiny-1.0.0-size-large-amd64.iso'])
})

test('an input that changes no package shares the pins, and its value is in file names only if it is a number', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({recipe})
  await place.run(['lock'])
  const plain = readFileSync(place.lock, 'utf8')

  const [secret = ''] = await plannedNames(place, '--set', 'token=hunter2')
  expect(secret).toMatch(/^tiny-1\.0\.0-token-[0-9a-f]{8}-amd64\.iso$/)
  expect(await plannedNames(place, '--set', 'tries=3')).toEqual(['tiny-1.0.0-tries-3-amd64.iso'])
  await place.run(['lock', '--set', 'token=hunter2'])
  expect(readFileSync(place.lock, 'utf8')).toBe(plain)
})

test('a lock file that pins a variant under the plain name is still read', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace({recipe})
  await place.run(['lock', '--set', 'size=large'])
  const text = readFileSync(place.lock, 'utf8').replace('/base/size=large"', '/base"')
  writeFileSync(place.lock, text)

  expect(await plannedNames(place, '--set', 'size=large')).toEqual(['tiny-1.0.0-size-large-amd64.iso'])
  expect(readFileSync(place.lock, 'utf8')).toBe(text)
})

test('an input that is part of the name or version of the image is not added to file names', async () => {
  const world = await makeTinyWorld({hollow: true})
  const inputs = "channel: input.choice(['stable', 'next']), site: input.text('a')"
  const place = world.workplace({recipe: {inputs, more: 'version: inputs.channel, config: {hostname: inputs.site},'}})
  await place.run(['lock', '--set', 'channel=next'])

  expect(await plannedNames(place, '--set', 'channel=next')).toEqual(['tiny-next-amd64.iso'])
  expect(await plannedNames(place, '--set', 'channel=stable')).toEqual(['tiny-stable-amd64.iso'])
  const [elsewhere = ''] = await plannedNames(place, '--set', 'channel=next', '--set', 'site=b')
  expect(elsewhere).toMatch(/^tiny-next-site-[0-9a-f]{8}-amd64\.iso$/)
})
