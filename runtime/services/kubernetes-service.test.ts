import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {kubernetesService} from './kubernetes-service.ts'

test.each([
  ['1.0', '1.0'],
  ['1.4.0+b2', '1.4.0-b2'],
  ['1.4.0~rc1+', '1.4.0-rc1'],
])('a node of version %s tells its cluster so, in the characters of a label', (version, label) => {
  const service = kubernetesService({node: {}}, {identity: deriveIdentity('haos'), version, mode: ''})
  expect(service.argv).toEqual(['k3s', 'server', '--node-label', `haos.io/version=${label}`])
})
