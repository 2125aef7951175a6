import type {NodeConfig} from '#dsl'
import type {Statement} from './interpret/interpret-source.ts'
import type {Value} from './interpret/interpret-value.ts'

/**
 * Merges statements into a configuration. A later statement replaces an earlier one of the same field.
 *
 * Lists and maps of texts are replaced whole; the sections are merged key by key, because each of their
 * fields is a separate statement. `written` also takes what is a mistake.
 */
export function mergeStatements(statements: readonly Statement[], of: 'value' | 'written' = 'value'): NodeConfig {
  const [top, node, install]: readonly Map<string, Value>[] = [new Map(), new Map(), new Map()]
  for (const {path, [of]: value} of statements) {
    if (value === undefined) continue
    const section = path[0] !== 'node' ? top : path[1] !== 'install' ? node : install
    const field = path.at(-1)
    if (section === undefined || field === undefined) continue
    if (value === null) section.delete(field)
    else section.set(field, value)
  }
  const config: unknown = {
    ...Object.fromEntries(top ?? []),
    node: {
      ...Object.fromEntries(node ?? []),
      ...(install && install.size > 0 && {install: Object.fromEntries(install)}),
    },
  }
  // Interpretation has followed the schema; parsing again would refuse what breaks a rule, which what is written may.
  return config as NodeConfig
}
