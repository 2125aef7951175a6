import type {Service} from '#runtime'
import {type ApplyCase, type ApplyEntry, bytesOf, isRoot} from './apply-cases.ts'

/** The entry at a path, with the content as Latin-1, so that it can be shown. */
export interface Found {
  readonly type: string
  readonly content: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface AppliedCase {
  readonly recorded: ApplyCase
  /** `environment` of the merged configuration. */
  readonly environment: Readonly<Record<string, string>>
  readonly commands: ReadonlyArray<{
    argv: readonly string[]
    env: Readonly<Record<string, string>>
    stdin?: string | undefined
  }>
  readonly services: readonly Service[]
  readonly before: ReadonlyMap<string, Found>
  readonly after: ReadonlyMap<string, Found>
}

export interface Difference {
  /** A path of the node, or `commands`, `modules`, `hostname`, `service`. */
  readonly what: string
  readonly ours: unknown
  readonly theirs: unknown
}

/**
 * All differences of an apply from the recording.
 *
 * Three classes of docs/differences.md change so many cases that they are part of what is expected: 16 (commands and
 * services get the environment), 23 with 18 and 22 (our own service), and 31 (mode of the file with passphrases).
 */
export function applyDifferences(applied: AppliedCase): Difference[] {
  const {recorded, commands, services, before, after} = applied
  const theirs = Object.entries(recorded.files_after).filter(([path]) => isOfProgram(recorded, path))
  const named = commands.filter(({argv}) => argv[0] === 'hostname').map(({argv}) => argv.at(-1))
  const isRun = ({argv: [name = '']}: {readonly argv: readonly string[]}) => name === 'sh' || name === 'chpasswd'
  const all: Difference[] = [
    ...theirs.map(([path, entry]) => ({
      what: path,
      ours: found(after.get(path), path, recorded),
      theirs: expected(entry, path, recorded),
    })),
    ...[...after]
      .filter(([path]) => !theirs.some(([known]) => known === path) && !isOfOurService(path))
      .map(([path, entry]) => ({what: path, ours: entry, theirs: before.get(path)})),
    {
      what: 'commands',
      ours: commands.filter(isRun).map(({argv, stdin, env}) => ({argv, stdin, env})),
      theirs: recorded.commands_run
        .filter(isRun)
        .map(({argv, stdin}) => ({argv, stdin, env: argv[0] === 'sh' ? applied.environment : {}})),
    },
    {
      what: 'modules',
      ours: commands.filter(({argv}) => argv[0] === 'modprobe').map(({argv}) => argv.slice(1).join(' ')),
      theirs: recorded.modules_loaded.map(({file, params}) => `${file.replace(/^.*\/|\.ko$/g, '')} ${params}`.trim()),
    },
    {what: 'hostname', ours: named.at(-1) ?? recorded.inputs.hostname, theirs: recorded.hostname_after},
    {what: 'service', ours: services[0], theirs: expectedService(recorded, applied.environment)},
  ]
  return all.filter(({ours, theirs}) => JSON.stringify(ours) !== JSON.stringify(theirs))
}

/** The process that the recorded call of the install script set up: classes 16, 18, 22 and 23. */
export function expectedService(
  {k3s_install}: ApplyCase,
  environment: AppliedCase['environment'],
): Service | undefined {
  if (k3s_install === null) return undefined
  const [, ...args] = k3s_install.argv
  // How the script handles a call whose first argument is a flag (k3s' install.sh, setup_env).
  if (args[0]?.startsWith('-')) args.unshift(k3s_install.env['K3S_URL'] ? 'agent' : 'server')
  const taint = 'register-with-taints='
  const argv = ['k3s', ...args].map((arg, at, all) =>
    all[at + 1]?.startsWith(taint) ? '--node-taint' : arg.startsWith(taint) ? arg.slice(taint.length) : arg,
  )
  const {K3S_URL, K3S_TOKEN, K3S_CLUSTER_SECRET} = k3s_install.env
  const token = K3S_TOKEN ?? K3S_CLUSTER_SECRET
  return {name: 'k3s', argv, env: {...environment, ...(K3S_URL && {K3S_URL}), ...(token && {K3S_TOKEN: token})}}
}

/** The class of docs/differences.md that excuses a difference. Rules, not names of cases. */
export function classOfDifference({what, ours, theirs}: Difference, {recorded}: AppliedCase): number | undefined {
  if (recorded.phase !== 'runtime' && '/run/config/userdata' in recorded.inputs.files) return 9
  if (what.includes('<random>')) return 13
  const isManifest = what.startsWith('/var/lib/rancher/k3s/server/manifests/')
  if (isManifest && (theirs === undefined || what.includes('?'))) return 12
  if (what === 'service' && /"--node-label","[^"]*\s/.test(JSON.stringify(theirs))) return 18
  if (what === '/etc/environment') return 16
  if (what.startsWith('/proc/sys/') && /e\+/.test(JSON.stringify(theirs))) return 2
  if (what === 'modules' && isLonger(ours, theirs)) return 19
  const passwd = recorded.inputs.files['/etc/passwd']?.content ?? ''
  if (what.startsWith('/.ssh') && !/^rancher:/m.test(passwd)) return 14
  if (/^(?:hostname|\/etc\/hosts|\/etc\/hostname)$/.test(what) && /[^A-Za-z0-9.-]/.test(recorded.hostname_after))
    return 34
  if (/^\/etc\/(?:connman(?:\/main\.conf)?|fallback-nameservers|resolv\.conf)$/.test(what)) return 35
  const config = recorded.inputs.files['/haos/system/config.yaml']?.content ?? ''
  if (ours === undefined && /owner: ["']?-/.test(config)) return 32
  return undefined
}

const isLonger = (ours: unknown, theirs: unknown): boolean =>
  Array.isArray(ours) && Array.isArray(theirs) && theirs.every((entry, index) => ours[index] === entry)

const isOfOurService = (path: string): boolean => /^\/etc\/(?:init\.d|rancher|runlevels)(?:\/|$)/.test(path)

/** Commands are listed and not run, so files that only they write are missing. */
const isOfProgram = ({sequence}: ApplyCase, path: string): boolean =>
  sequence.some((effect) => effect.endsWith(` ${path}`) || effect.endsWith(` ${path.slice(1)}`))

const shadowed = '/var/lib/connman/cloud-config.config'

const expected = (entry: ApplyEntry, path: string, recorded: ApplyCase) => ({
  type: entry.type === 'dir' ? 'directory' : entry.type,
  content: inOrder(bytesOf(entry).toString('latin1'), path, recorded),
  mode: path === shadowed ? '0600' : entry.mode,
  ...(isRoot && {uid: entry.uid, gid: entry.gid}),
})

const found = (entry: Found | undefined, path: string, recorded: ApplyCase) =>
  entry && {
    type: entry.type,
    content: inOrder(entry.content, path, recorded),
    mode: entry.mode.toString(8).padStart(4, '0'),
    ...(isRoot && {uid: entry.uid, gid: entry.gid}),
  }

const inOrder = (content: string, path: string, {unordered_lines}: ApplyCase): string =>
  unordered_lines.includes(path) ? content.split('\n').sort().join('\n') : content
