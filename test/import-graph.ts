import {dirname, join} from 'node:path'
import packageJson from '../package.json' with {type: 'json'}
import type {SourceFile} from './source-files.ts'

/** The doors of the folders, by their names in imports. */
const doors = new Map<string, string>(
  Object.entries(packageJson.imports).map(([name, to]) => [
    name,
    join(typeof to === 'string' ? to : to['@haos-build/source']),
  ]),
)

/** The files that a file imports, directly or not, and itself: paths below the root of the repository. */
export function reachOf(path: string, files: ReadonlyMap<string, SourceFile>): ReadonlySet<string> {
  const reached = new Set<string>()
  const visit = (next: string) => {
    const file = files.get(next)
    if (file === undefined || reached.has(next)) return
    reached.add(next)
    for (const imported of importsOf(file)) visit(imported)
  }
  visit(path)
  return reached
}

/** Files of the repository that one names in an import, an export-from or a dynamic import. */
function importsOf({path, text}: SourceFile): string[] {
  const found = text.matchAll(/(?:^(?:import|export|\})[^'\n]*from |^import |\bimport\()'([^']+)'/gm)
  return [...found].flatMap(([, what = '']) => {
    if (what.startsWith('.')) return [join(dirname(path), what)]
    const door = doors.get(what)
    return door === undefined ? [] : [door]
  })
}
