import {readFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import * as z from 'zod'
import {
  AlpineSpec,
  BootMenu,
  Cluster,
  Controller,
  DebianSpec,
  Drain,
  deriveIdentity,
  errorCodes,
  Identity,
  Kernel,
  KernelFiles,
  Kubernetes,
  Upgrades,
} from '#dsl'
import {writeAtomically} from '#engine'
import {ImageFields} from '../dsl/image.ts'
import {PlainPart} from '../dsl/part-schemas.ts'
import {architecturePicture} from './architecture-picture.ts'
import {commandsPage} from './commands-page.ts'
import {errorMeanings} from './error-meanings.ts'
import {kernelNeedsPage} from './kernel-needs-page.ts'
import {kubernetesHostPage} from './kubernetes-host-page.ts'
import {manualPage} from './manual-page.ts'
import {nodeConfigPage} from './node-config-page.ts'

const folder = fileURLToPath(new URL('./reference/', import.meta.url))

/** Pages that are generated from the code: names below docs/reference, with functions for their text. */
export const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  '../architecture.md': architecturePage,
  'commands.md': commandsPage,
  'errors.md': errorsPage,
  'kernel-needs.md': kernelNeedsPage,
  'kubernetes-host.md': kubernetesHostPage,
  'node-config.md': nodeConfigPage,
  'recipe.md': recipePage,
}

/** Pages for man(1), in the same folder. */
export const manualPages: Readonly<Record<string, () => Promise<string>>> = {'haos-build.1': manualPage}

/** The current text of a page on disk. */
export const readPage = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')

/** The hand-written page, with the picture redrawn between its marks. */
async function architecturePage(): Promise<string> {
  const written = await readPage('../architecture.md')
  const [before = '', , after = ''] = written.split(/^<!-- .*drawn.* -->$/m)
  const mark = (word: string) => `<!-- ${word}: drawn from test/folder-rules.ts by \`npm run docs\` -->`
  return `${before}${mark('begin')}\n\n${architecturePicture()}\n\n${mark('end')}${after}`
}

function errorsPage(): string {
  const meanings = {2: 'the request', 3: 'the inputs', 4: 'this machine', 130: 'interrupted'}
  const explained = new Map(Object.entries(errorMeanings))
  const rows = Object.entries(errorCodes).map(([code, status]) => {
    const [meaning, wayOut] = explained.get(code) ?? []
    return `| \`${code}\` | ${status} | ${meanings[status]} | ${meaning} | ${wayOut} |`
  })
  return page('Errors', 'Codes and exit statuses are stable; wording is not. Status 1 is a bug in haos-build.', [
    '| code | exit status | it is about | meaning | way out |\n| --- | --- | --- | --- | --- |',
    ...rows,
  ])
}

function recipePage(): string {
  const comments = docComments(
    'image.ts',
    'image-parts.ts',
    'kernel/kernel-files.ts',
    'kubernetes-spec.ts',
    'part-schemas.ts',
    'debian-spec.ts',
    'alpine-spec.ts',
    'cluster.ts',
    'upgrades.ts',
    'identity.ts',
    'file-tree.ts',
  )
  const tableOf = (
    schema: z.core.$ZodType,
    owner: string | readonly string[],
    leaveOut: readonly string[] = [],
    fallbackOf: (key: string) => string | undefined = () => undefined,
  ) =>
    table(
      z.toJSONSchema(schema, {io: 'input', unrepresentable: 'any'}),
      (key) =>
        [owner]
          .flat()
          .map((name) => comments.get(`${name}.${key}`))
          .find((comment) => comment !== undefined),
      {leaveOut, fallbackOf},
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
    ...tableOf(DebianSpec, 'DebianSpec', ['kind', 'localPackages']),
    '\n## `alpine({…})`\n',
    ...tableOf(AlpineSpec, 'AlpineSpec', ['kind', 'localPackages']),
    '\n## `kernel({…})`\n',
    ...tableOf(Kernel, 'Kernel'),
    '\n## `url({…})`\n',
    ...tableOf(KernelFiles, 'KernelFiles', ['kind']),
    ...Kubernetes.options.flatMap((schema) => [
      `\n## \`${[...schema.shape.kind.values].join()}({…})\`\n`,
      ...tableOf(schema, ['Kubernetes', 'Release'], ['kind']),
    ]),
    '\n## `cluster({…})`\n',
    ...tableOf(Cluster, 'Cluster'),
    '\n### `controller`\n',
    ...tableOf(Controller, 'Controller'),
    '\n### `drain`\n',
    ...tableOf(Drain, 'Drain'),
    '\n## `upgrades`\n',
    ...tableOf(Upgrades, 'Upgrades'),
    '\n## `boot`\n',
    ...tableOf(BootMenu, 'BootMenu'),
    '\n## `identity(name, {…})`\n',
    ...tableOf(Identity, 'IdentityValues', [], (key) => (key === 'name' ? undefined : derivedFrom('haos', key))),
    '\n## Parts',
    ...parts,
  ])
}

/** Doc comments of keys, by the name of their declaration, so that the reference shows the same text as editors. */
function docComments(...files: readonly string[]): ReadonlyMap<string, string> {
  const comments = new Map<string, string>()
  for (const file of files) {
    const text = readFileSync(new URL(`../dsl/${file}`, import.meta.url), 'utf8')
    const declarations = [...text.matchAll(/^(?:export )?(?:const|interface) (\w+)/gm)]
    for (const {1: comment = '', 2: key, index} of text.matchAll(
      /^ +\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n +(?:readonly )?(\w+)(?:\??:|,)/gm,
    )) {
      const owner = declarations.findLast((found) => found.index < index)?.[1]
      comments.set(`${owner}.${key}`, comment.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim())
    }
  }
  return comments
}

/** The default of a key of the identity: how it derives from a product's name. */
function derivedFrom(name: string, key: string): string {
  const value = Object.entries(deriveIdentity(name)).find(([other]) => other === key)?.[1]
  return `from the name; of ${name} \`${value}\``
}

type JsonSchema = z.core.JSONSchema.BaseSchema

function table(
  schema: JsonSchema,
  comment: (key: string) => string | undefined,
  {
    leaveOut,
    fallbackOf,
  }: {readonly leaveOut: readonly string[]; readonly fallbackOf: (key: string) => string | undefined},
): string[] {
  const required = new Set(schema.required ?? [])
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (leaveOut.includes(key) || typeof value !== 'object') return []
    const written = comment(key) ?? value.description ?? ''
    const [whole, stated] = /\s*Default: (.*?)\.(?=\s|$)/.exec(written) ?? []
    const standard = value.default === undefined ? (stated ?? '–') : `\`${JSON.stringify(value.default)}\``
    const fallback = fallbackOf(key) ?? (required.has(key) ? 'required' : standard)
    return [`| \`${key}\` | ${typeOf(value)} | ${fallback} | ${written.replace(whole ?? '', '').trim()} |`]
  })
  return ['| key | type | default | meaning |\n| --- | --- | --- | --- |', ...rows]
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
  for (const [name, render] of Object.entries({...pages, ...manualPages}))
    await writeAtomically(join(folder, name), await render())
}
