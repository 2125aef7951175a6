import {expect, test} from 'vitest'
import {debian, defineImage, type ImageInput, k3s, rke2} from '#dsl'
import {kernelDemands} from './kernel-demands.ts'

const usersOf = (more: Partial<ImageInput>) =>
  kernelDemands(defineImage({name: 'haos', version: '1', base: debian(), ...more}).resolve({set: {}})).users

test('the users are the Kubernetes of the image, its network and the workloads of the recipe', () => {
  const k3sWith = (config: Record<string, string>) => usersOf({kubernetes: k3s({version: 'v1.34.3+k3s1', config})})
  const rke2With = (cni: string | string[]) =>
    usersOf({arch: ['amd64'], identity: 'rke2os', kubernetes: rke2({version: 'v1.34.3+rke2r1', config: {cni}})})

  expect(usersOf({})).toEqual([])
  expect(usersOf({kernel: {workloads: ['wireguard', 'longhorn']}})).toEqual(['longhorn', 'wireguard'])
  expect(k3sWith({})).toEqual(['k3s', 'flannel'])
  expect(k3sWith({'flannel-backend': 'none'})).toEqual(['k3s'])
  expect(k3sWith({'flannel-backend': 'wireguard-native'})).toEqual(['k3s', 'wireguard'])
  expect(rke2With('canal')).toEqual(['rke2', 'flannel', 'calico'])
  expect(rke2With(['multus', 'cilium'])).toEqual(['rke2', 'cilium'])
  expect(usersOf({arch: ['amd64'], identity: 'rke2os', kubernetes: rke2({version: 'v1.34.3+rke2r1'})})).toEqual([
    'rke2',
    'flannel',
    'calico',
  ])
})
