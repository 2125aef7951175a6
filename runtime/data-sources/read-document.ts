import type {Raw} from '../config/raw.ts'
import {parseYaml} from '../config/yaml/parse-yaml.ts'

/** The content of a YAML or JSON text as plain data, in which every scalar is a string; undefined if it is neither. */
export function readDocument(text: string): unknown {
  const {root} = parseYaml(text)
  return root === undefined ? undefined : plain(root)
}

function plain(raw: Raw): unknown {
  if (raw.kind === 'text') return raw.isNull ? undefined : raw.text
  if (raw.kind === 'list') return raw.items.map(plain)
  return Object.fromEntries(raw.entries.map(({key, value}) => [key, plain(value)]))
}
