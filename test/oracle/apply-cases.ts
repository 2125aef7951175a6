import {createHash} from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import * as z from 'zod'
import type {FetchResult, RunResult} from '#runtime'
import {DirectoryHost} from '../../bin/directory-host.ts'
import {MemoryHost} from '../../runtime/host/memory.ts'
import {type RecordedAnswers, RecordedWorld} from '../runtime/recorded-answers.ts'

const Entry = z.object({
  type: z.string().default('file'),
  content: z.string().optional(),
  content_b64: z.string().optional(),
  mode: z.string().optional(),
  uid: z.number().default(0),
  gid: z.number().default(0),
})
const File = z.union([
  z.string().transform((content) => Entry.parse({content: content === '<stub>' ? '' : content})),
  Entry,
])
const Answer = z.object({status: z.number(), body: z.string().default('')})
const Process = z.object({
  argv: z.array(z.string()),
  env: z.record(z.string(), z.string()).default({}),
  stdin: z.string().optional(),
  exit: z.number().optional(),
})
const ApplyCase = z.object({
  name: z.string(),
  phase: z.enum(['initrd', 'boot', 'runtime', 'install']),
  inputs: z.object({
    cmdline: z.string(),
    hostname: z.string(),
    version: z.string(),
    files: z.record(z.string(), File).default({}),
    dirs: z.record(z.string(), Entry).default({}),
    symlinks: z.record(z.string(), z.string()).default({}),
    http: z.record(z.string(), z.union([Answer, z.array(Answer)])).default({}),
  }),
  files_after: z.record(z.string(), Entry).default({}),
  hostname_after: z.string(),
  k3s_install: Process.nullable(),
  commands_run: z.array(Process).default([]),
  modules_loaded: z.array(z.object({file: z.string(), params: z.string(), result: z.string()})).default([]),
  unordered_lines: z.array(z.string()).default([]),
  sequence: z.array(z.string()).default([]),
})

/** One recorded run of the original's `config` in a phase. */
export type ApplyCase = z.output<typeof ApplyCase>
export type ApplyEntry = z.output<typeof Entry>

/** Fills in the defaults of a case. */
export const parseApplyCase = (input: z.input<typeof ApplyCase>): ApplyCase => ApplyCase.parse(input)

const folder = fileURLToPath(new URL('../../../shared/oracle/config/apply/', import.meta.url))

/** The recorded cases; none if the checkout has no `../shared`. */
export const applyCases: readonly ApplyCase[] = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .flatMap(
        (name) => z.object({cases: z.array(ApplyCase)}).parse(JSON.parse(readFileSync(folder + name, 'utf8'))).cases,
      )
  : []

export const isRoot = process.getuid?.() === 0

export const bytesOf = ({content = '', content_b64}: ApplyEntry): Buffer =>
  content_b64 === undefined ? Buffer.from(content) : Buffer.from(content_b64, 'base64')

const statusOf = ({mode, uid, gid}: ApplyEntry, usual: number) => ({
  mode: mode === undefined ? usual : Number.parseInt(mode, 8),
  uid,
  gid,
})

/** The node of a case as a directory. Owners are set only as root. */
export function plantDirectory(place: string, {inputs}: ApplyCase): void {
  const own = (path: string, entry: ApplyEntry, usual: number) => {
    const {mode, uid, gid} = statusOf(entry, usual)
    if (isRoot) chownSync(path, uid, gid)
    chmodSync(path, mode)
  }
  for (const [path, entry] of Object.entries(inputs.dirs)) {
    mkdirSync(place + path, {recursive: true})
    own(place + path, entry, 0o755)
  }
  for (const [path, entry] of Object.entries(inputs.files)) {
    mkdirSync(dirname(place + path), {recursive: true})
    writeFileSync(place + path, bytesOf(entry))
    own(place + path, entry, 0o644)
  }
  for (const [path, target] of Object.entries(inputs.symlinks)) symlinkSync(target, place + path)
}

/** The node of a case in memory. */
export function plantMemory(recorded: ApplyCase): MemoryHost {
  const world = new RecordedWorld(answersOf(recorded))
  const {inputs} = recorded
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    fetch: (url) => world.fetch(url),
    run: (argv) => world.run(argv),
  })
  for (const [path, entry] of Object.entries(inputs.dirs))
    host.put(path, {type: 'directory', ...statusOf(entry, 0o755)})
  for (const [path, entry] of Object.entries(inputs.files))
    host.put(path, {...statusOf(entry, 0o644), content: bytesOf(entry)})
  for (const [path, target] of Object.entries(inputs.symlinks)) host.put(path, {type: 'symlink', content: target})
  return host
}

/** A directory host whose programs end and whose servers answer as in the recording. */
export class RecordedDirectory extends DirectoryHost {
  readonly #world: RecordedWorld

  constructor(root: string, recorded: ApplyCase) {
    super(root)
    this.#world = new RecordedWorld(answersOf(recorded))
  }

  override run(...[argv, options]: Parameters<DirectoryHost['run']>): RunResult {
    super.run(argv, options)
    return this.#world.run(argv)
  }

  override fetch(url: string): FetchResult {
    return this.#world.fetch(url)
  }
}

/** The environment of the node while a case was recorded. */
export const answersOf = ({inputs, commands_run, modules_loaded}: ApplyCase): RecordedAnswers => ({
  http: inputs.http,
  failures: commands_run.flatMap(({argv, exit = 0}) => (exit === 0 ? [] : [{argv, status: exit}])),
  missingModules: modules_loaded
    .filter(({result}) => result !== 'ok')
    .map(({file}) => file.slice(file.lastIndexOf('/') + 1).replace(/\.ko$/, '')),
})
