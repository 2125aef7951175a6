import type {Identity} from '#dsl'
import type {Statement} from '../interpret/interpret-source.ts'
import {reasonOf} from '../problem.ts'
import {readUserdata} from '../read-userdata.ts'
import {readYaml, type SourceResult} from '../read-yaml.ts'
import {type MimePart, parseMime} from './parse-mime.ts'

/** The kinds of parts that only cloud-init has (cloud-init, "User data formats"), and what to use instead. */
const onlyOfCloudInit: Readonly<Record<string, string>> = {
  'text/x-include-url': 'Fetch the URLs in `run_cmd`, or put their content into the archive.',
  'text/cloud-boothook': 'Write the commands in `boot_cmd`.',
  'text/part-handler': 'Convert its parts to cloud-config.',
  'text/upstart-job': 'Run the program from `run_cmd`.',
  'text/jinja2': 'Fill in the template before the archive is made.',
  'text/cloud-config-archive': 'Put its items into the archive as parts.',
  'text/cloud-config-jsonp': 'Write the result of the patch as cloud-config.',
  'text/x-shellscript-per-once': 'Let a text/x-shellscript note what it has done: scripts run at each boot.',
}

/** Lists of the parts follow one another; of other values the last counts, as with several files. */
const added: ReadonlySet<string> = new Set(['write_files', 'run_cmd', 'boot_cmd', 'init_cmd', 'ssh_authorized_keys'])

/** Reads user data in parts: what one of them cannot have is a problem of that part, and the others apply. */
export function readParts(
  source: string,
  data: Uint8Array | string,
  identity: Identity,
  {name}: {readonly name: string},
): SourceResult {
  try {
    const results = parseMime(data).map((part, index) => readPart(source, part, index + 1, {identity, name}))
    return {
      statements: joined(results.flatMap(({statements}) => statements)),
      problems: results.flatMap(({problems}) => problems),
    }
  } catch (error) {
    return refused(source, reasonOf(error), 'Make the archive again, such as with `cloud-init devel make-mime`.')
  }
}

function readPart(
  archive: string,
  part: MimePart,
  number: number,
  {identity, name}: {readonly identity: Identity; readonly name: string},
): SourceResult {
  const source = `${archive}, part ${number} (${part.name})`
  if (part.mistake !== undefined)
    return refused(source, `cannot be decoded: it ${part.mistake}`, 'Encode it with base64.')
  const hint = onlyOfCloudInit[part.type]
  if (hint !== undefined) return refused(source, `is of the type ${part.type}, which only cloud-init reads`, hint)
  const userdata = readUserdata(part.content, identity, {name: `${name}-${number}`})
  if (userdata.kind === 'parts') return readParts(source, userdata.data, identity, {name: `${name}-${number}`})
  if (userdata.kind === 'refused') return refused(source, userdata.message, userdata.hint)
  if (userdata.kind === 'script') return {statements: userdata.statements, problems: []}
  if (part.type.includes('shellscript'))
    return refused(source, 'does not begin with "#!"', 'Name its interpreter there.')
  return readYaml(source, userdata.decoded, identity)
}

function joined(statements: readonly Statement[]): readonly Statement[] {
  const lists = new Map<string, Statement>()
  const others: Statement[] = []
  for (const statement of statements) {
    const field = statement.path.length === 1 ? (statement.path[0] ?? '') : ''
    const before = lists.get(field)
    if (!added.has(field)) others.push(statement)
    else lists.set(field, before === undefined ? statement : bothOf(before, statement))
  }
  return [...others, ...lists.values()]
}

const bothOf = (one: Statement, other: Statement): Statement => ({
  path: one.path,
  value: [...itemsOf(one.value), ...itemsOf(other.value)],
  written: [...itemsOf(one.written), ...itemsOf(other.written)],
})

const itemsOf = (value: Statement['value']) => (Array.isArray(value) ? value : [])

const refused = (source: string, message: string, hint: string): SourceResult => ({
  statements: [],
  problems: [{source, path: '', message, hint}],
})
