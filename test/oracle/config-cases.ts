import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import * as z from 'zod'
import type {ConfigFiles} from '#runtime'

const Content = z.union([
  z.string(),
  z.object({content: z.string()}).transform(({content}) => content),
  z.object({content_b64: z.string()}).transform(({content_b64}) => new Uint8Array(Buffer.from(content_b64, 'base64'))),
])

const Dump = z.record(z.string(), z.unknown()).nullable()

const DumpCase = z.object({
  name: z.string(),
  argv: z.array(z.string()).optional(),
  inputs: z.object({
    cmdline: z.string().nullish(),
    cmdline_b64: z.string().optional(),
    files: z.record(z.string(), Content).default({}),
  }),
  dump: Dump.optional(),
  dump_json: Dump.optional(),
  dump_json_alternatives: z.array(z.object({dump_json: Dump})).optional(),
  log: z.array(z.object({msg: z.string().optional()})).default([]),
})

/** One recorded run of the original's `config --dump` and `--dump-json`. */
export type DumpCase = z.output<typeof DumpCase>

const folder = fileURLToPath(new URL('../../../shared/oracle/config/dump/', import.meta.url))

/** The recorded cases; none if the checkout has no `../shared`. */
export const dumpCases: readonly DumpCase[] = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap(
        (name) => z.object({cases: z.array(DumpCase)}).parse(JSON.parse(readFileSync(folder + name, 'utf8'))).cases,
      )
  : []

/** Every recorded result of the original, in the snake_case that we print; undefined if none was recorded. */
export function expectedOf({
  dump,
  dump_json,
  dump_json_alternatives: alternatives,
}: DumpCase): readonly unknown[] | undefined {
  const json = alternatives ?? (dump_json === undefined ? undefined : [{dump_json}])
  // --dump has other keys in maps than the original applies, and no installation: --dump-json is correct.
  if (json !== undefined) return json.map((each) => withoutEmptyInstall(snakeCased(each.dump_json)))
  return dump === undefined || dump === null ? undefined : [dump]
}

/** The files of a case as a port. The local directory of the original has another name. */
export function filesOf({inputs}: DumpCase): ConfigFiles {
  const files = new Map(
    Object.entries(inputs.files).map(([path, content]) => [
      path.replace('/var/lib/1898andCo/HAOS/', '/var/lib/rancher/haos/'),
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  )
  if (inputs.cmdline_b64 !== undefined)
    files.set('/proc/cmdline', new Uint8Array(Buffer.from(inputs.cmdline_b64, 'base64')))
  else if (typeof inputs.cmdline === 'string')
    files.set('/proc/cmdline', new TextEncoder().encode(`${inputs.cmdline}\n`))
  return tableFiles(files)
}

/** Files in a table. A path above one of them is a directory. */
export function tableFiles(files: ReadonlyMap<string, Uint8Array>): ConfigFiles {
  const below = (directory: string) => [...files.keys()].filter((path) => path.startsWith(`${directory}/`))
  return {
    read(path) {
      if (below(path).length > 0) throw new Error('is a directory')
      return files.get(path)
    },
    list(path) {
      if (files.has(path)) throw new Error('not a directory')
      const names = below(path).map((name) => name.slice(path.length + 1).split('/', 1)[0] ?? '')
      return names.length === 0 ? undefined : [...new Set(names)]
    },
  }
}

const mapsOfTexts = ['sysctls', 'labels', 'environment']

function snakeCased(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => snakeCased(item))
  if (typeof value !== 'object' || value === null || mapsOfTexts.includes(field)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      return [snake, snakeCased(inner, snake)]
    }),
  )
}

/** `install: {}` is in every dump, and means nothing. */
function withoutEmptyInstall(dump: unknown): unknown {
  const parsed = z.looseObject({haos: z.looseObject({install: z.strictObject({})})}).safeParse(dump)
  if (!parsed.success) return dump
  const {install: _, ...haos} = parsed.data.haos
  return {...parsed.data, haos}
}
