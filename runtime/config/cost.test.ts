import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {costlyConfigs} from '../../test/runtime/costly-configs.ts'
import {readOneConfig} from './read-one-config.ts'

const identity = deriveIdentity('haos')

/** Milliseconds for what takes a few hundred of them, and took minutes before it was bounded. */
const linearTimeMs = 30_000

test.each(Object.keys(costlyConfigs))(
  'a config of 500 kB is read in linear time, or refused: %s',
  (name) => {
    const {problems} = readOneConfig('config.yaml', costlyConfigs[name]?.(500) ?? '', identity)

    expect(problems.length).toBeGreaterThan(0)
    expect(problems.length).toBeLessThanOrEqual(100)
  },
  linearTimeMs,
)

test('maps that are merged into each other are refused where they stand for too many keys, and used where they do not', () => {
  const chain = (length: number) =>
    `x0: &a0 {k: v}\n${Array.from({length}, (_, index) => `x${index + 1}: &a${index + 1} {<<: *a${index}, k${index}: v}\n`).join('')}`
  const many = readOneConfig('config.yaml', `${chain(1000)}hostname: h\n`, identity)
  const few = readOneConfig('config.yaml', `${chain(50)}hostname: h\nhaos: {labels: {<<: *a50}}\n`, identity)

  expect(many.problems).toMatchObject([{path: '', message: 'merges more than 20000 keys with "<<"'}])
  expect(many.config).toEqual({node: {}})
  expect(Object.keys(few.config.node.labels ?? {})).toHaveLength(51)
})
