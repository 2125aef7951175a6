import type {Ref} from '#engine'
import type {PlannedImage} from '#image'
import {stringify} from './config-yaml.ts'

/** Files of a system, by their path from the root of whatever holds it. */
export interface SystemFiles {
  readonly files: readonly {readonly path: string; readonly file: Ref<'file'>}[]
  readonly texts: Readonly<Record<string, string>>
  readonly links: Readonly<Record<string, string>>
  /** Permissions of files that are not 0644. */
  readonly modes: Readonly<Record<string, string>>
  readonly configPath: string
  /** Directory of kernel and initrd. */
  readonly kernelPath: string
}

/** What lies where: the same layout on every medium and on an installed node. Paths are relative. */
export function systemFiles(image: PlannedImage): SystemFiles {
  const {spec, kernelVersion} = image
  const {kubernetes} = spec
  const system = spec.identity.systemDir.slice(1)
  const kernel = `${system}/kernel/${kernelVersion}`
  const own = `${system}/${spec.identity.name}/${spec.version}`
  const config = `${system}/config.yaml`
  const program =
    kubernetes && image.kubernetes && `${system}/${kubernetes.kind}/${kubernetes.version}/${kubernetes.kind}`
  return {
    files: [
      {path: `${kernel}/vmlinuz`, file: image.kernel},
      {path: `${kernel}/initrd`, file: image.initrd},
      {path: `${kernel}/modules.squashfs`, file: image.modules},
      ...(program && image.kubernetes ? [{path: program, file: image.kubernetes}] : []),
      ...image.layers.map(({name, file}) => ({path: `${own}/${name}`, file})),
    ],
    texts: {
      [`${own}/layers`]: `${image.layers.map(({name}) => name).join('\n')}\n`,
      [config]: stringify(spec.config),
    },
    links: {
      [`${system}/kernel/current`]: kernelVersion,
      [`${system}/${spec.identity.name}/current`]: spec.version,
      ...(kubernetes && program && {[`${system}/${kubernetes.kind}/current`]: kubernetes.version}),
    },
    // The config may hold secrets.
    modes: {[config]: '0400', ...(program && {[program]: '0755'})},
    configPath: config,
    kernelPath: `${system}/kernel/current`,
  }
}
