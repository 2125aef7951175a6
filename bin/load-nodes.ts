import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {HaosError, type Identity, type Problem} from '#dsl'
import {type ConfigProblem, parseNodes, sameMatches, type WrittenNode} from '#runtime'

/**
 * Reads the nodes of a file or of a directory, in the order of the files' names.
 *
 * Fails with CONFIG_INVALID and all problems.
 */
export function loadNodes(path: string, identity: Identity): readonly WrittenNode[] {
  const nodes: WrittenNode[] = []
  const problems: ConfigProblem[] = []
  for (const {name, file} of filesOf(path)) {
    const parsed = parseNodes(name, read(file), identity)
    nodes.push(...parsed.nodes)
    problems.push(...parsed.problems)
  }
  problems.push(...sameMatches(path, nodes))
  if (problems.length === 0) return nodes
  throw new HaosError(
    'CONFIG_INVALID',
    `the nodes of ${path} have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
    {at: path, problems: problems.map(located), hint: 'Fix them; docs/nodes.md shows the format.'},
  )
}

function filesOf(path: string): readonly {readonly name: string; readonly file: string}[] {
  const found = statSync(path, {throwIfNoEntry: false})
  if (found === undefined) {
    throw new HaosError('CONFIG_INVALID', `there are no nodes in ${path}`, {hint: 'Check the path.', at: path})
  }
  if (!found.isDirectory()) return [{name: path.slice(path.lastIndexOf('/') + 1), file: path}]
  const entries = readdirSync(path, {withFileTypes: true}).filter(({name}) => !name.startsWith('.'))
  for (const {name} of entries.filter((entry) => entry.isDirectory())) refuseNodesBelow(join(path, name))
  const names = entries
    .flatMap((entry) => (entry.isDirectory() || !isNamedAsNodes(entry.name) ? [] : [entry.name]))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  if (names.length > 0) return names.map((name) => ({name, file: join(path, name)}))
  throw new HaosError('CONFIG_INVALID', `${path} contains no nodes`, {
    hint: 'Put a file such as node1.yaml into it, with "match:" and "config:".',
    at: path,
  })
}

/** As on a stick, whose files may be in capital letters. */
const isNamedAsNodes = (name: string): boolean => /\.(?:ya?ml|json)$/i.test(name)

/** Machines whose files are in a directory of their own would silently get the common config. */
function refuseNodesBelow(directory: string): void {
  const stray = readdirSync(directory).find((name) => isNamedAsNodes(name) && !name.startsWith('.'))
  if (stray === undefined) return
  throw new HaosError('CONFIG_INVALID', `the files of nodes in ${directory} would not be read, such as ${stray}`, {
    hint: 'Put all files into one directory, or several nodes into one file.',
    at: directory,
  })
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new HaosError('CONFIG_INVALID', `${file} cannot be read`, {hint: 'Check the path of the file.', cause})
  }
}

function located({source, line, column, path, message, hint}: ConfigProblem): Problem {
  const place = [source, ...(line === undefined ? [] : [line, column ?? 1])].join(':')
  return {path: path === '' ? place : `${place}: ${path}`, message, hint}
}
