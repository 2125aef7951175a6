import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import type {BuildEvent} from '#engine'
import {DebianMirror} from '../debian-mirror.ts'
import {scratchDirectory} from '../scratch.ts'
import {type ServedDirectory, serveDirectory} from '../served-directory.ts'
import {findStaticBusybox} from '../static-busybox.ts'
import {findGrubPackages} from './grub-packages.ts'
import {buildTinyBase, hollowPackages, tinyPackages} from './tiny-packages.ts'

const root = join(import.meta.dirname, '../..')

/** A mirror with the packages that an ISO needs, and projects that use it. */
export interface TinyWorld {
  readonly mirror: DebianMirror
  readonly served: ServedDirectory
  /** Makes the mirror hold this version of the package `greeting`, and no other. */
  publish(greetingVersion: string): void
  /** A new directory with a recipe. Default for the store: a new one. */
  workplace(options?: {store?: string; recipe?: Partial<RecipeText>}): Workplace
}

/** Variable parts of a recipe, as text. */
export interface RecipeText {
  readonly base: string
  readonly parts: string
  readonly more: string
  /** Inputs of the recipe, by name; the parts may use them. */
  readonly inputs: string
}

/** A project directory. */
export interface Workplace {
  readonly directory: string
  readonly store: string
  readonly out: string
  readonly lock: string
  writeRecipe(text: Partial<RecipeText>, file?: string): void
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Starts a command without waiting for it. With `--events`, its lines are events. */
  start(args: readonly string[], options?: RunOptions): ReturnType<typeof spawnProgram>
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Words before the program, such as `unshare --net`. */
  readonly wrap?: readonly string[]
}

export interface RunResult {
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** Standard output, if it consists of JSON lines. */
  readonly events: readonly BuildEvent[]
}

/** Why the tiny world cannot be made on this machine; undefined if it can. */
export function whyNoTinyWorld(): string | undefined {
  if (process.arch !== 'x64') return 'the tiny world is made for amd64'
  const reason = findStaticBusybox().reason ?? findGrubPackages().reason
  if (reason !== undefined && process.env['CI']) throw new Error(`the tiny world cannot be made: ${reason}`)
  return reason
}

/** Makes a mirror on the loopback address; `hollow` for builds that fail before they use the packages. */
export async function makeTinyWorld({hollow = false} = {}): Promise<TinyWorld> {
  const mirror = new DebianMirror()
  const real = hollow ? [] : [buildTinyBase(), ...(findGrubPackages().packages ?? [])]
  const publish = (greetingVersion: string) =>
    mirror.publish([...(hollow ? hollowPackages : real), ...tinyPackages(greetingVersion)])
  publish('1')
  const served = await serveDirectory(mirror.directory)
  const base = `suite: 'test', updates: false, security: false, mirrors: ['${served.url}'], keyring: '${mirror.keyring}'`
  return {
    mirror,
    served,
    publish,
    workplace: ({store, recipe = {}} = {}) => {
      const directory = scratchDirectory()
      const workplace = makeWorkplace(directory, store ?? join(directory, 'store'), base)
      workplace.writeRecipe(recipe)
      return workplace
    },
  }
}

function makeWorkplace(directory: string, store: string, base: string): Workplace {
  // As after `npm install haos-build`.
  mkdirSync(join(directory, 'node_modules'))
  symlinkSync(root, join(directory, 'node_modules/haos-build'))
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}\n')
  const start: Workplace['start'] = (args, options) => spawnProgram(args, {directory, store, ...options})
  return {
    directory,
    store,
    out: join(directory, 'out'),
    lock: join(directory, 'haos.lock.json'),
    start,
    writeRecipe: (text, file = 'haos.build.ts') => writeFileSync(join(directory, file), renderRecipe({base, ...text})),
    async run(args, options) {
      const {exitCode, stdout, stderr} = await start(args, options)
      return {
        status: exitCode,
        stdout,
        stderr,
        events: args.some((word) => ['--json', '--events'].includes(word)) ? parseEvents(stdout) : [],
      }
    },
  }
}

/** The program that the launcher starts, as leader of its own process group. */
function spawnProgram(
  args: readonly string[],
  {directory, store, env = {}, wrap = []}: RunOptions & {directory: string; store: string},
) {
  const [program = '', ...words] = [...wrap, process.execPath, join(root, 'bin/start.ts'), ...args]
  return execa(program, words, {
    cwd: directory,
    env: {HAOS_BUILD_STORE: store, NO_COLOR: '1', ...env},
    detached: true,
    stdin: 'ignore',
    reject: false,
  })
}

const parseEvents = (text: string): BuildEvent[] =>
  text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as BuildEvent] : []))

const renderRecipe = ({base = '', parts = '', more = '', inputs = ''}: Partial<RecipeText>): string => `
import {debian, defineImage, directory, download, file, input, packages, service, url, user} from 'haos-build'

export default defineImage({${inputs}}, (inputs) => ({
  name: 'tiny',
  version: '1.0.0',
  date: '2026-01-31',
  arch: ['amd64'],
  base: debian({${base}}),
  kernel: {initrd: ['tiny']},
  parts: [
    packages('greeting'),
    file('/etc/motd', {text: 'hello\\n'}),
    service('greeter', {script: '#!/sbin/openrc-run\\n'}),
    user('someone', {uid: 1000}),
    directory('/home/someone', {mode: '0750', owner: 'someone:someone'}),
    ${parts}
  ],
  config: {hostname: 'tiny'},
  ${more}
}))
`
