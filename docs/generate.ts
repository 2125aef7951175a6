import {readFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import * as z from 'zod'
import {AlpineSpec, BootMenu, DebianSpec, errorCodes, Identity, Kernel, Kubernetes} from '#dsl'
import {writeAtomically} from '#engine'
import {ImageFields} from '../dsl/image.ts'
import {PlainPart} from '../dsl/part-schemas.ts'
import {commandsPage} from './commands-page.ts'
import {kubernetesHostPage} from './kubernetes-host-page.ts'
import {nodeConfigPage} from './node-config-page.ts'

const folder = fileURLToPath(new URL('./reference/', import.meta.url))

/** Pages that are made from the code; each is a name below docs/reference and its text. */
export const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'commands.md': commandsPage,
  'errors.md': errorsPage,
  'kubernetes-host.md': kubernetesHostPage,
  'node-config.md': nodeConfigPage,
  'recipe.md': recipePage,
}

/** What is on disk now, to compare. */
export const readPage = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')

function errorsPage(): string {
  const meanings = {2: 'what was asked', 3: 'the inputs', 4: 'this machine', 130: 'interrupted'}
  const rows = Object.entries(errorCodes).map(([code, status]) => `| \`${code}\` | ${status} | ${meanings[status]} |`)
  return page('Errors', 'Codes and exit statuses are stable; wording is not. Status 1 is a bug in haos-build.', [
    '| code | exit status | it is about |\n| --- | --- | --- |',
    ...rows,
  ])
}

function recipePage(): string {
  const comments = docComments(
    'image.ts',
    'image-parts.ts',
    'part-schemas.ts',
    'debian-spec.ts',
    'identity.ts',
    'file-tree.ts',
  )
  const tableOf = (schema: z.core.$ZodType, owner: string | readonly string[], leaveOut: readonly string[] = []) =>
    table(
      z.toJSONSchema(schema, {io: 'input', unrepresentable: 'any'}),
      (key) =>
        [owner]
          .flat()
          .map((name) => comments.get(`${name}.${key}`))
          .find((comment) => comment !== undefined),
      leaveOut,
    )
  const parts = PlainPart.options.flatMap((part) => {
    const kind = [...part.shape.kind.values].join()
    const owner = `${kind.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}Part`
    return [`\n### ${kind}\n`, ...tableOf(part, owner, ['kind'])]
  })
  return page('The recipe', 'Keys that `defineImage` takes, and the parts. Editors show the same from the types.', [
    '## Image\n',
    ...tableOf(ImageFields, 'ImageInput'),
    '\n## `debian({…})`\n',
    ...tableOf(DebianSpec, 'DebianSpec', ['kind']),
    '\n## `alpine({…})`\n',
    ...tableOf(AlpineSpec, 'AlpineSpec', ['kind']),
    '\n## `kernel({…})`\n',
    ...tableOf(Kernel, 'Kernel'),
    ...Kubernetes.options.flatMap((schema) => [
      `\n## \`${[...schema.shape.kind.values].join()}({…})\`\n`,
      ...tableOf(schema, ['Kubernetes', 'Release'], ['kind']),
    ]),
    '\n## `boot`\n',
    ...tableOf(BootMenu, 'BootMenu'),
    '\n## `identity(name, {…})`\n',
    ...tableOf(Identity, 'IdentityValues'),
    '\n## Parts',
    ...parts,
  ])
}

/** Comments on keys, by the name of their declaration: editors show them, so here they are not written again. */
function docComments(...files: readonly string[]): ReadonlyMap<string, string> {
  const comments = new Map<string, string>()
  for (const file of files) {
    let owner = ''
    let comment = ''
    for (const line of readFileSync(new URL(`../dsl/${file}`, import.meta.url), 'utf8').split('\n')) {
      owner = /^(?:export )?(?:const|interface) (\w+)/.exec(line)?.[1] ?? owner
      const key = /^\s+(?:readonly )?(\w+)\??:/.exec(line)?.[1]
      if (key !== undefined && comment !== '') comments.set(`${owner}.${key}`, comment)
      comment = /^\s+\/\*\* (.*) \*\/$/.exec(line)?.[1] ?? ''
    }
  }
  return comments
}

type JsonSchema = z.core.JSONSchema.BaseSchema

function table(
  schema: JsonSchema,
  comment: (key: string) => string | undefined,
  leaveOut: readonly string[],
): string[] {
  const required = new Set(schema.required ?? [])
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (leaveOut.includes(key) || typeof value !== 'object') return []
    const fallback =
      value.default === undefined ? (required.has(key) ? 'required' : '') : `\`${JSON.stringify(value.default)}\``
    return [`| \`${key}\` | ${typeOf(value)} | ${fallback} | ${comment(key) ?? value.description ?? ''} |`]
  })
  return ['| key | type | default | |\n| --- | --- | --- | --- |', ...rows]
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' \\| ')
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  const either = schema.anyOf ?? schema.oneOf
  if (either)
    return [...new Set(either.map((member) => (typeof member === 'object' ? typeOf(member) : 'any')))].join(' \\| ')
  if (schema.type === 'array')
    return `list of ${typeof schema.items === 'object' && !Array.isArray(schema.items) ? typeOf(schema.items) : 'any'}`
  return String(schema.type ?? 'any')
}

const page = (title: string, introduction: string, body: readonly string[]): string =>
  `# ${title}\n\nGenerated by \`npm run docs\`; do not edit.\n\n${introduction}\n\n${body.join('\n')}\n`

if (import.meta.main) {
  for (const [name, render] of Object.entries(pages)) await writeAtomically(join(folder, name), await render())
}
