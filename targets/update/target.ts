import {artifactNames, defineTarget, updateFile} from '#image'
import {systemFiles} from '../system-files.ts'

/** One file that upgrades a node without a network: run there as a script, or given to the node's `upgrade`. */
export const updateTarget = defineTarget({
  kind: 'update',
  summary: 'one self-contained file that upgrades a node without a network',
  upgradesNodes: true,
  plan({image, plan}) {
    const {spec, arch} = image
    const {identity, version} = spec
    const {files, texts, links, configPath} = systemFiles(image)
    // A node keeps its own config, and the image's may contain secrets.
    const {[configPath]: _, ...withoutConfig} = texts
    const from = plan.add(
      updateFile,
      {files: files.map(({file}) => file)},
      {
        volume: `${identity.volumeLabel}_UPDATE`,
        paths: files.map(({path}) => path),
        texts: withoutConfig,
        links,
        script: image.updateScript,
        about: {name: identity.name, title: identity.title, version, arch},
      },
      'update file',
    )
    return [{...artifactNames(image, '.run', 'update'), role: 'update', from}]
  },
})
