import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {tableFiles} from '../../test/oracle/config-cases.ts'
import {readConfig} from './read-config.ts'
import {readOneConfig} from './read-one-config.ts'

const readLine = (cmdline: string) => readConfig(tableFiles(new Map()), {identity: deriveIdentity('haos'), cmdline})

test('a single quote on the kernel command line is reported, since it does not quote there', () => {
  expect(readLine("haos.token='two words' hostname=h")).toMatchObject({
    config: {hostname: 'h', node: {}},
    written: {hostname: 'h', node: {token: "'two"}},
    problems: [{path: 'haos.token', hint: 'Use double quotes: KEY="two words".'}],
  })
})

test('the hint for a map without a key shows how to write one on the kernel command line', () => {
  expect(readLine('haos.labels=a=b').problems).toMatchObject([{hint: 'Write [KEY]=VALUE after it.'}])
})

test.each([
  ['haos', 'rke2_args', 'Did you mean "k3s_args"?'],
  ['rke2os', 'k3s_args', 'Did you mean "rke2_args"?'],
])('on %s, the hint for %s names the key of its own Kubernetes', (name, key, hint) => {
  const {problems} = readOneConfig('config.yaml', `${name}: {${key}: [server]}`, deriveIdentity(name))
  expect(problems).toMatchObject([{path: `${name}.${key}`, hint}])
})
