import {probeDataSources} from '../../runtime/data-sources/probe.ts'
import type {FetchOptions, FetchResult, Host, RunResult} from '../../runtime/host/host.ts'
import {mkdirAll} from '../../runtime/host/host.ts'

/** An answer of a metadata service: its text, or the text with what the request must have. */
export type Route = string | RouteOptions

interface RouteOptions {
  readonly body: string
  /** Headers that the request must have, beside those of the case. */
  readonly headers?: Readonly<Record<string, string>>
  /** The request must come from a port below 1024. */
  readonly isPrivileged?: boolean
  readonly isUserdata?: boolean
  /** Words that the body of the request must have. */
  readonly expects?: readonly string[]
}

/** A cloud or medium, and what a node keeps of it. Plain data, because Node, QuickJS and a server in Node use it. */
export interface SourceCase {
  /** What the case is about; the name of the source unless `sources` says otherwise. */
  readonly name: string
  readonly sources?: readonly string[]
  /** Files of the machine: those of SMBIOS, of /proc and of its own. */
  readonly files?: Readonly<Record<string, string>>
  /** Answers by method and URL. */
  readonly routes?: Readonly<Record<string, Route>>
  /** Headers that every request must have, and the status of one that has not. */
  readonly headers?: Readonly<Record<string, string>>
  readonly refusal?: number
  /** Media by label, or by device; each with its files. */
  readonly media?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What programs print, by their command line; others do not exist. */
  readonly programs?: Readonly<Record<string, string>>
  /** Files below /run/config, beside `provider` and `origins.json`. */
  readonly expected: Readonly<Record<string, string>>
  readonly provider?: string
}

/** How the server behaves. */
export const modes = ['good', 'missing', 'broken', 'garbage', 'empty', 'without user data'] as const
/** `slow` is of a server that answers after the timeout. */
export type Mode = (typeof modes)[number] | 'slow'

export interface SourceResult {
  readonly provider: string | null
  readonly problems: readonly string[]
  readonly lost: readonly string[]
  readonly files: Readonly<Record<string, string>>
}

export interface SourceRequest extends Pick<FetchOptions, 'method' | 'headers' | 'text'> {
  readonly url: string
  readonly isPrivileged: boolean
}

/** What the service of a case answers. */
export function answerOf({routes = {}, headers = {}, refusal = 401}: SourceCase, mode: Mode, request: SourceRequest) {
  const {url, method = 'GET', text = '', isPrivileged} = request
  if (mode === 'slow') return {status: 0, body: ''}
  if (mode === 'missing') return {status: 404, body: 'not found'}
  if (mode === 'broken') return {status: 500, body: 'sorry'}
  if (mode === 'empty') return {status: 200, body: ''}
  if (mode === 'garbage') return {status: 200, body: '<html>\u0000\u0001{"'}
  const found = routes[`${method} ${url}`]
  if (found === undefined) return {status: 404, body: 'not found'}
  const route: RouteOptions = typeof found === 'string' ? {body: found} : found
  const sent = new Map(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  const needed = Object.entries({...(method === 'PUT' ? {} : headers), ...route.headers})
  if (needed.some(([name, value]) => sent.get(name.toLowerCase()) !== value)) return {status: refusal, body: 'refused'}
  if (route.isPrivileged && !isPrivileged) return {status: 403, body: 'refused'}
  if (route.expects?.some((word) => !text.includes(word))) return {status: 400, body: 'what?'}
  // Hetzner and others answer so; the rest answers 404.
  if (mode === 'without user data' && route.isUserdata) return {status: 204, body: ''}
  return {status: 200, body: route.body}
}

const medium = '/run/config/medium'

/** Queries the sources of a case on a host that has nothing yet. */
export function runSourceCase(
  each: SourceCase,
  fetch: (url: string, options: FetchOptions) => FetchResult,
  makeHost: (surroundings: {
    run(argv: readonly string[]): RunResult
    fetch(url: string, options?: FetchOptions): FetchResult
  }) => Host,
): SourceResult {
  const {name, sources = [name], files = {}, media = {}, programs = {}} = each
  const host = makeHost({
    fetch: (url, options = {}) => fetch(url, options),
    run(argv) {
      const words = argv[0] === 'sh' ? argv.slice(4) : argv
      if (argv[3] === 'blkid') return printLabels(words)
      if (words[0] === 'mount') return mount(host, media, words)
      if (words[0] === 'umount') return unmount(host)
      const said = programs[words.join(' ')]
      if (said !== undefined) return {status: 0, stdout: said}
      return {status: Object.keys(programs).some((line) => line.split(' ')[0] === words[0]) ? 1 : 127, stdout: ''}
    },
  })
  // Media that are known by their device have no label.
  const labels = Object.keys(media).filter((label) => !label.startsWith('/'))
  const sizes = labels.map((label) => [`/sys/class/block/by-label-${label}/size`, '4096\n'] as const)
  for (const [path, content] of [...sizes, ...Object.entries(files)]) {
    mkdirAll(host, path.slice(0, path.lastIndexOf('/')))
    host.write(path, content)
  }
  const {provider, problems, lost} = probeDataSources(host, sources)
  return {provider: provider ?? null, problems, lost, files: filesBelow(host, '/run/config', '')}
}

/** As blkid does. */
const printLabels = (devices: readonly string[]): RunResult => ({
  status: 0,
  stdout: devices
    .map((path) => `${path}: BLOCK_SIZE="2048" LABEL="${path.replace('/dev/by-label-', '')}" TYPE="iso9660"\n`)
    .join(''),
})

function mount(host: Host, media: NonNullable<SourceCase['media']>, words: readonly string[]): RunResult {
  const [, , type, , , device = ''] = words
  const files = media[device.replace('/dev/by-label-', '')]
  if (files === undefined || type !== (files['type'] ?? 'iso9660')) return {status: 255, stdout: ''}
  for (const [path, content] of Object.entries(files)) {
    if (path === 'type') continue
    mkdirAll(host, `${medium}/${path}`.replace(/\/[^/]*$/, ''))
    host.write(`${medium}/${path}`, content)
  }
  return {status: 0, stdout: ''}
}

function unmount(host: Host): RunResult {
  for (const path of Object.keys(filesBelow(host, medium, ''))) host.remove(`${medium}/${path}`)
  return {status: 0, stdout: ''}
}

function filesBelow(host: Host, directory: string, path: string): Record<string, string> {
  const here = `${directory}/${path}`.replace(/\/$/, '')
  return Object.assign(
    {},
    ...(host.list(here) ?? []).map((name) => {
      const inner = path === '' ? name : `${path}/${name}`
      return host.lstat(`${here}/${name}`)?.type === 'directory'
        ? filesBelow(host, directory, inner)
        : {[inner]: host.read(`${here}/${name}`)}
    }),
  )
}
