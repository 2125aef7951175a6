import {deriveIdentity} from '#dsl'
import type {Action} from '../../runtime/apply/apply.ts'
import {applyPhase} from '../../runtime/apply/apply.ts'
import type {Phase} from '../../runtime/apply/phases.ts'
import {configFilesOf} from '../../runtime/config/config-files-of.ts'
import type {ConfigProblem} from '../../runtime/config/problem.ts'
import {readConfig} from '../../runtime/config/read-config.ts'
import type {FetchResult, Host, RunResult} from '../../runtime/host/host.ts'
import type {Service} from '../../runtime/services/service.ts'
import {encodeUtf8} from '../../runtime/text/utf8.ts'

/** A file of a test's node: its text, or its text and metadata. */
export type CaseFile =
  | string
  | {readonly content: string; readonly mode?: number; readonly uid?: number; readonly gid?: number}

/** A config, the node it is applied to, and the expected result. Plain data, because both Node and QuickJS run it. */
export interface ApplierCase {
  /** A fact that can be false. */
  readonly name: string
  readonly phase: Phase
  /** `/haos/system/config.yaml`. */
  readonly config: string
  /** Files in addition to those of every node. Null: this node lacks it. */
  readonly files?: Readonly<Record<string, CaseFile | null>>
  readonly links?: Readonly<Record<string, string>>
  readonly web?: Readonly<Record<string, {readonly status: number; readonly body: string}>>
  /** Status of programs by their command line; 0 for all others. */
  readonly statuses?: Readonly<Record<string, number>>
  readonly expected: {
    /** Null: must not exist. */
    readonly files?: Readonly<Record<string, Partial<Exclude<CaseFile, string>> | null>>
    /** All programs, as command lines. Default: not checked. */
    readonly commands?: readonly string[]
    /** Standard input by command line. */
    readonly stdin?: Readonly<Record<string, string>>
    /** Paths of all problems. Default: none. */
    readonly problems?: readonly string[]
    readonly service?: Service
  }
  /** False if a second apply changes something again. Commands always do. Default: true. */
  readonly settles?: boolean
}

/** The result of one apply of a case, as data. */
export interface CaseResult {
  readonly actions: readonly Action[]
  readonly services: readonly Service[]
  readonly problems: readonly ConfigProblem[]
  readonly commands: ReadonlyArray<{
    readonly line: string
    readonly stdin?: string
    readonly env: Readonly<Record<string, string>>
  }>
}

export const caseIdentity = deriveIdentity('haos')

/** Applies a case to a node that already has its files. */
export function runCase(
  {phase, web = {}, statuses = {}}: ApplierCase,
  makeHost: (surroundings: CaseSurroundings) => Host,
): CaseResult {
  const commands: Array<CaseResult['commands'][number]> = []
  const host = makeHost({
    run(argv, {env = {}, stdin} = {}) {
      const line = argv.join(' ')
      commands.push({line, env, ...(stdin !== undefined && {stdin})})
      return {status: statuses[line] ?? 0, stdout: ''}
    },
    fetch(url) {
      const answer = web[url]
      if (answer === undefined) return {status: 0, body: new Uint8Array(), error: 'no such host'}
      return {status: answer.status, body: encodeUtf8(answer.body)}
    },
  })
  const read = readConfig(configFilesOf(host), {identity: caseIdentity, phase, cmdline: ''})
  const applied = applyPhase(phase, read.config, {host, identity: caseIdentity, version: '1.0', read})
  return {...applied, problems: [...read.problems, ...applied.problems], commands}
}

interface CaseSurroundings {
  run(argv: readonly string[], options?: {env?: Readonly<Record<string, string>>; stdin?: string}): RunResult
  fetch(url: string): FetchResult
}

/** The files of a node before a case, and those of the case. */
export function filesOfCase({
  config,
  files = {},
}: ApplierCase): Array<readonly [path: string, file: Exclude<CaseFile, string>]> {
  return Object.entries({...usualFiles, '/haos/system/config.yaml': config, ...files}).flatMap(([path, file]) =>
    file === null ? [] : [[path, typeof file === 'string' ? {content: file} : file] as const],
  )
}

/** Directories of every node of a test, with numeric owners. */
export const usualDirectories: Readonly<Record<string, number>> = {
  '/etc/connman': 0,
  '/etc/conf.d': 0,
  '/home/rancher': 1000,
  '/proc/sys/net/ipv4/conf/eth0.100': 0,
}

const usualFiles: Readonly<Record<string, CaseFile>> = {
  '/etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nrancher2:x:1001:1001::/home/rancher2:/bin/sh\nrancher:x:1000:1000::/home/rancher:/bin/sh\n',
  '/etc/group': 'root:x:0:\nwheel:x:10:\nrancher:x:1000:\n',
  '/etc/shadow': {content: 'root:*::0:::::\nrancher:*:19000:0:99999:7:::\n', mode: 0o640},
  '/etc/hosts': '127.0.0.1\tlocalhost\n127.0.1.1\told\n\n::1 localhost\n',
  '/etc/hostname': 'old\n',
  '/proc/modules': 'kvm 1 0 - Live 0x0\nnf_tables 1 0 - Live 0x0\n',
  '/proc/sys/kernel/hostname': 'old\n',
  '/proc/sys/kernel/printk': '7\t4\t1\t7\n',
  '/proc/sys/net/ipv4/ip_forward': '0\n',
  '/proc/sys/net/ipv4/conf/eth0.100/forwarding': '0\n',
  '/run/haos/mode': 'disk\n',
}
