import {defineApplier, inSection, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'

/** Passes the names of the data sources to the service that queries them once the network is up. */
export const dataSources = defineApplier({
  name: 'data_sources',
  keys: ['.data_sources'],
  select: (config) => nonEmpty(config.node.data_sources),
  apply(names, node) {
    // OpenRC sources the file as shell code.
    const usable = names.filter((name) => /^[\w.=/-]+$/.test(name))
    if (usable.length < names.length)
      node.report({path: inSection(node, 'data_sources'), message: 'contains an invalid name'})
    return outcomeOf(writeIfChanged(node.host, '/etc/conf.d/cloud-config', `command_args="${usable.join(' ')}"\n`))
  },
})
