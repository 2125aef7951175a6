import {defineImage, type ImageInput, rke2} from '#dsl'
import {bootMenu} from './boot-menu.ts'
import {type ReferenceOptions, referenceImage, referenceInputs} from './haos.ts'

/** rke2OS: HAOS under another name, with rke2 instead of k3s. */
export const rke2os = (options: ReferenceOptions = {}): ImageInput => ({
  ...referenceImage(options),
  name: 'rke2os',
  arch: ['amd64', 'arm64'],
  identity: 'rke2os',
  kubernetes: rke2({version: 'v1.34.3+rke2r1', ...(options.ship && {ship: options.ship})}),
  boot: bootMenu(),
})

export default defineImage(referenceInputs, ({release, ...inputs}, {arch}) =>
  rke2os({...inputs, arch, alpine: {release}}),
)
