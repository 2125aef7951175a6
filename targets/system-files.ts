import {canonicalMatch} from '#dsl'
import type {Ref} from '#engine'
import {encodeNodesFile} from '#formats'
import {type PlannedImage, releaseFiles} from '#image'
import {layerList, releaseFile, releaseSignatures, systemPaths} from '#layout'
import {stringify} from './config-yaml.ts'

/** Files of a system, by their path below the root of the medium or disk. */
export interface SystemFiles {
  readonly files: readonly {readonly path: string; readonly file: Ref<'file'>}[]
  readonly texts: Readonly<Record<string, string>>
  readonly links: Readonly<Record<string, string>>
  /** Permissions of files that are not 0644. */
  readonly modes: Readonly<Record<string, string>>
  readonly configPath: string
  /** Path for the configs of many nodes, for which there is a file if the recipe has some. */
  readonly nodesPath: string
  /** Directory of kernel and initrd, with symlinks resolved. */
  readonly kernelPath: string
}

/** Lays out the files of a system: the same on every medium and on an installed node. Paths are relative. */
export function systemFiles(image: PlannedImage): SystemFiles {
  const {spec, kernelVersion, kubernetes} = image
  const paths = systemPaths(spec.identity)
  const kernel = paths.kernel.of(kernelVersion)
  const own = paths.own.of(spec.version)
  const program = kubernetes && `${paths.kubernetes.of(kubernetes.version)}/${spec.identity.kubernetes}`
  const hasProgram = kubernetes?.files.some(({name}) => name === spec.identity.kubernetes) ?? false
  return {
    files: [
      ...releaseFiles(spec, image).map(({path, file}) => ({path: `${spec.identity.systemDir}/${path}`, file})),
      {path: `${own}/${releaseFile}`, file: image.release},
      ...(image.signatures ? [{path: `${own}/${releaseSignatures.file}`, file: image.signatures}] : []),
    ].map(({path, file}) => ({path: relative(path), file})),
    texts: {
      [relative(`${own}/${layerList}`)]: `${image.layers.map(({name}) => name).join('\n')}\n`,
      [relative(paths.config)]: stringify(spec.config),
      ...(spec.nodes.length > 0 && {[relative(paths.nodes)]: nodesText(spec)}),
    },
    links: {
      [relative(paths.kernel.current)]: kernelVersion,
      [relative(paths.own.current)]: spec.version,
      ...(kubernetes && {[relative(paths.kubernetes.current)]: kubernetes.version}),
    },
    // Configs may hold secrets.
    modes: {
      [relative(paths.config)]: '0400',
      ...(spec.nodes.length > 0 && {[relative(paths.nodes)]: '0400'}),
      ...(program && hasProgram && {[relative(program)]: '0755'}),
    },
    configPath: relative(paths.config),
    nodesPath: relative(paths.nodes),
    kernelPath: relative(kernel),
  }
}

/** Not compressed, so that it is the same on every machine that builds. */
const nodesText = ({nodes}: PlannedImage['spec']): string =>
  encodeNodesFile(
    nodes.map(({match, config}, index) => ({name: `nodes[${index}]`, match: canonicalMatch(match), config})),
  ).toString()

const relative = (path: string): string => path.slice(1)
