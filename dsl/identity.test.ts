import {expect, test} from 'vitest'
import {deriveIdentity, Identity} from './identity.ts'
import {labelDomain} from './label-domain.ts'

test('every name of haos derives from its name', () => {
  expect(deriveIdentity('haos')).toEqual({
    name: 'haos',
    title: 'HAOS',
    kubernetes: 'k3s',
    section: 'haos',
    cmdlinePrefix: 'haos.',
    stateLabel: 'HAOS_STATE',
    volumeLabel: 'HAOS',
    systemDir: '/haos/system',
    dataDir: '/haos/data',
    localDir: '/var/lib/rancher/haos',
    runDir: '/run/haos',
    upgradeLabel: 'haos.io/upgrade',
    modeLabel: 'haos.io/mode',
    versionLabel: 'haos.io/version',
  })
})

test('rke2os runs rke2 and has its own labels', () => {
  expect(deriveIdentity('rke2os')).toMatchObject({
    kubernetes: 'rke2',
    stateLabel: 'RKE2OS_STATE',
    cmdlinePrefix: 'rke2os.',
    systemDir: '/rke2os/system',
    upgradeLabel: 'rke2os.io/upgrade',
  })
})

test('a recipe without an identity builds haos', () => {
  expect(Identity.parse(undefined)).toEqual(deriveIdentity('haos'))
})

test('single values may override the derived ones', () => {
  expect(Identity.parse({name: 'edge', kubernetes: 'rke2', stateLabel: 'EDGE_DATA'})).toMatchObject({
    kubernetes: 'rke2',
    stateLabel: 'EDGE_DATA',
    systemDir: '/edge/system',
  })
})

test('labels and annotations that no value names have the domain of the label for the version, if that has one', () => {
  expect(labelDomain(deriveIdentity('edge', {versionLabel: 'os.example.com/version'}))).toBe('os.example.com')
  expect(labelDomain(deriveIdentity('edge', {versionLabel: 'version'}))).toBe('edge.io')
})

test('a complete identity is its own input', () => {
  const edge = deriveIdentity('edge', {systemDir: '/opt/edge'})
  expect(Identity.parse(edge)).toEqual(edge)
})

test.each(['', 'Haos', '9os', 'my-os', 'elevenchars', 'hostname', '../etc'])('"%s" is refused as a name', (name) => {
  expect(Identity.safeParse(name).success).toBe(false)
})
