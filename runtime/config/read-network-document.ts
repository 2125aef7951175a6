import type {Identity} from '#dsl'
import {networkFromOpenstack} from '../network/plan/from-openstack.ts'
import {interpretSource} from './interpret/interpret-source.ts'
import {SourceReport} from './interpret/source-report.ts'
import {reasonOf} from './problem.ts'
import type {Raw} from './raw.ts'
import type {SourceResult} from './read-yaml.ts'
import {parseYaml} from './yaml/parse-yaml.ts'

/** Reads cloud-init's `network-config`, version 1 or 2: the content of `network:`, with or without that key. */
export function readNetworkConfig(source: string, text: string, identity: Identity): SourceResult {
  const report = new SourceReport(source, {identity, text})
  const {root, problems} = parseYaml(text)
  for (const {at, message, hint, isApplied = false} of problems) report.add([], message, {hint, at, isApplied})
  return {statements: interpretSource(asNetwork(root), report), problems: report.problems}
}

/** Other keys do not belong into the document, so that it cannot configure anything else. */
function asNetwork(root: Raw | undefined): Raw | undefined {
  if (root?.kind !== 'map') return root
  const own = root.entries.find(({key}) => key === 'network')
  return {kind: 'map', entries: [own ?? {key: 'network', value: root}]}
}

/** Reads OpenStack's `network_data.json`, whose values are checked like those of a config.yaml. */
export function readNetworkData(source: string, text: string, identity: Identity): SourceResult {
  try {
    const {statements, problems} = readNetworkConfig(source, JSON.stringify(networkFromOpenstack(text)), identity)
    // Lines would be those of the translation.
    return {statements, problems: problems.map(({line: _, column: __, ...problem}) => problem)}
  } catch (error) {
    const hint = 'Check the metadata of the cloud: it may be damaged.'
    return {statements: [], problems: [{source, path: '', message: reasonOf(error), hint}]}
  }
}
