import {defineApplier, inSection, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/** Leaves the names of the data sources to the service that asks them once the network is up. */
export const dataSources = defineApplier({
  name: 'data_sources',
  keys: ['.data_sources'],
  select: (config) => nonEmpty(config.node.data_sources),
  apply(names, node) {
    // OpenRC reads the file as a shell does.
    const usable = names.filter((name) => /^[\w.=/-]+$/.test(name))
    if (usable.length < names.length)
      node.report({path: inSection(node, 'data_sources'), message: 'names a source that cannot be one'})
    return outcomeOf(writeIfChanged(node.host, '/etc/conf.d/cloud-config', `command_args="${usable.join(' ')}"\n`))
  },
})
