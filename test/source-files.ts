import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

const root = join(import.meta.dirname, '..')
const notOurs = new Set(['node_modules', 'dist', 'out', '.git', 'LICENSE'])

/** One file of this repository. */
export interface SourceFile {
  /** Path below the root of the repository. */
  readonly path: string
  readonly text: string
}

/** All source files of the repository, found without git, because a source archive has no history. */
export function readSourceFiles(directory = ''): readonly SourceFile[] {
  return readdirSync(join(root, directory), {withFileTypes: true}).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (notOurs.has(path) || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return readSourceFiles(path)
    return entry.isFile() ? [{path, text: readFileSync(join(root, path), 'utf8')}] : []
  })
}
