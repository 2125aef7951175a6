import {expect, test} from 'vitest'
import {completeArguments, withoutSecrets} from './kubernetes-arguments.ts'

test.each([
  [[], false, ['server']],
  [[], true, ['agent']],
  [[''], true, ['agent']],
  [['--disable=traefik'], false, ['server', '--disable=traefik']],
  [['--node-name=x', '--debug'], true, ['agent', '--node-name=x', '--debug']],
  [['server --disable traefik', '--tls-san=a b'], true, ['server', '--disable', 'traefik', '--tls-san=a b']],
  [['--disable traefik'], false, ['server', '--disable', 'traefik']],
  [[`server --node-label='a=b c' "x"`], false, ['server', 'x']],
  [['etcd-snapshot'], false, ['etcd-snapshot']],
])('%j is completed as by the install script; the node joins another: %s', (given, joins, expected) => {
  expect(completeArguments(given, {joins})).toEqual(expected)
})

test('labels with which the kubelet does not start are dropped in every spelling, and others stay', () => {
  const given = [
    ...['server', '--node-label', 'node-role.kubernetes.io/worker=true', '--node-label=x.k8s.io/y=1'],
    ...['--node-label=a=1,storage.kubernetes.io/z=2', '--node-label', 'zone=a', '-node-label=node.kubernetes.io/b=c'],
    ...['--node-label=topology.kubernetes.io/zone=z', '--node-label=a=1,b=2'],
  ]
  expect(completeArguments(given, {joins: false})).toEqual([
    ...['server', '--node-label', 'zone=a', '-node-label=node.kubernetes.io/b=c'],
    ...['--node-label=topology.kubernetes.io/zone=z', '--node-label=a=1,b=2'],
  ])
})

test('secrets are removed from the arguments in every spelling; the last of repeated ones counts', () => {
  const given = [
    ...['server', '--token', 'one', '-t=two', '--agent-token=a=b', '--debug', '--etcd-s3-secret-key', 's'],
    ...['--datastore-endpoint=mysql://u:p@h', '--token-file=/x'],
  ]
  expect(withoutSecrets(given, 'RKE2')).toEqual({
    args: ['server', '--debug', '--token-file=/x'],
    env: {
      RKE2_TOKEN: 'two',
      RKE2_AGENT_TOKEN: 'a=b',
      AWS_SECRET_ACCESS_KEY: 's',
      RKE2_DATASTORE_ENDPOINT: 'mysql://u:p@h',
    },
  })
})
