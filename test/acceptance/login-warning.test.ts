import {expect, test} from 'vitest'
import {makeTinyWorld} from './tiny-world.ts'

test('disk and cloud warn once that nobody can log in to their image, before they build anything', async () => {
  const world = await makeTinyWorld({hollow: true})
  const place = world.workplace()
  await place.run(['lock'])
  const warning = /^tiny-1\.0\.0-\S+: nobody can log in, /gm
  const warningsOf = async (...words: readonly string[]) => {
    const {stderr} = await place.run([...words, '--offline'])
    return [...stderr.matchAll(warning)].map(([line]) => line)
  }

  expect(await warningsOf('disk', '--format', 'raw', '--format', 'qcow2')).toEqual([
    'tiny-1.0.0-amd64.raw: nobody can log in, ',
  ])
  expect(await warningsOf('cloud', 'vagrant')).toEqual(['tiny-1.0.0-vagrant-amd64.box: nobody can log in, '])
  expect(await warningsOf('cloud', 'aws')).toEqual([])
  expect(await warningsOf('iso')).toEqual([])
})
