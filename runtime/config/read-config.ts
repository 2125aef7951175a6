import {
  fieldNames,
  type Identity,
  NodeConfig,
  type NodeConfig as NodeConfigType,
  relatedNames,
  topLevelKeys,
} from '#dsl'
import {systemPaths} from '#layout'
import {textMember} from '../data-sources/members.ts'
import {originsFile, parseOrigins} from '../data-sources/origins.ts'
import {parseCmdline} from './cmdline/parse-cmdline.ts'
import {parseNetworkCmdline} from './cmdline/parse-network.ts'
import type {ConfigFiles} from './config-files.ts'
import {decodeText} from './decode-text.ts'
import {interpretSource, type Statement} from './interpret/interpret-source.ts'
import {SourceReport} from './interpret/source-report.ts'
import {type ItemNumbers, itemNumbers} from './item-numbers.ts'
import {mergeStatements} from './merge-statements.ts'
import {readParts} from './mime/read-parts.ts'
import {type NetworkSources, networkSources} from './network-sources.ts'
import {type NodeChoice, readOwnNode} from './nodes/own-node.ts'
import {type ConfigProblem, reasonOf} from './problem.ts'
import {readNetworkConfig, readNetworkData} from './read-network-document.ts'
import {readUserdata} from './read-userdata.ts'
import {readYaml, type SourceResult} from './read-yaml.ts'

export interface ReadConfigOptions {
  readonly identity: Identity
  /** Userdata counts in `runtime` only. Default: runtime. */
  readonly phase?: 'initrd' | 'boot' | 'runtime'
  /** Default: the content of `/proc/cmdline`. */
  readonly cmdline?: string | undefined
}

export interface ReadConfigResult {
  /** All sources merged, without mistakes. Texts are as written. */
  readonly config: NodeConfigType
  /** The same with the mistakes, as far as they could be read: for showing, never for applying. */
  readonly written: NodeConfigType
  readonly problems: readonly ConfigProblem[]
  /** Which number each item of a list has in its source, by the name of the list. Lists without a mistake are missing. */
  readonly numbers: ItemNumbers
  /** Which sources describe each link of the network. */
  readonly networkSources: NetworkSources
  /** Which of the configs of many nodes was chosen; missing if the system has none. */
  readonly node?: NodeChoice | undefined
}

/**
 * Reads all sources of configuration and merges them: system < own node < kernel command line < local < cloud metadata < vendor
 * data < userdata < config.d.
 *
 * Never throws: what cannot be used becomes a problem, and the rest counts.
 */
export function readConfig(files: ConfigFiles, options: ReadConfigOptions): ReadConfigResult {
  const {localDir} = options.identity
  const system = readSystemConfig(files, options)
  const others = [
    readCmdline(files, options),
    readConfigFile(`${localDir}/config.yaml`, files, options),
    readHostname(files, options),
    readSshKeys(files, options),
    ...readNetworkDocuments(files, options),
    ...((options.phase ?? 'runtime') === 'runtime'
      ? [readUserdataFile('vendordata', files, options), readUserdataFile('userdata', files, options)]
      : []),
    ...readConfigDirectory(`${localDir}/config.d`, files, options),
  ]
  const {hostname} = mergeStatements([system, ...others].flatMap((result) => result.statements))
  const own = readOwnNode(files, options.identity, hostname)
  const results = [system, own, ...others]
  const statements = results.flatMap((result) => result.statements)
  return {
    config: mergeStatements(statements),
    written: mergeStatements(statements, 'written'),
    problems: results.flatMap(({problems}) => problems),
    numbers: itemNumbers(statements),
    networkSources: networkSources(results),
    node: own.choice,
  }
}

type Options = ReadConfigOptions

const nothing: SourceResult = {statements: [], problems: []}

/** Passes the content of a file to `use`. A missing file sets nothing; one that cannot be read is a problem. */
function withFile(path: string, files: ConfigFiles, use: (data: Uint8Array | string) => SourceResult): SourceResult {
  try {
    const data = files.read(path)
    return data === undefined ? nothing : {source: path, ...use(data)}
  } catch (error) {
    return refused(path, `cannot be read: ${reasonOf(error)}`, 'Make it a file that root can read, or remove it.')
  }
}

const refused = (source: string, message: string, hint: string): SourceResult => ({
  statements: [],
  problems: [{source, path: '', message, hint}],
})

/** The system's config.yaml; if nothing in it can be read, its last readable version. */
function readSystemConfig(files: ConfigFiles, options: Options): SourceResult {
  const path = systemPaths(options.identity).config
  const result = readConfigFile(path, files, options)
  const [first, ...more] = result.problems
  // Damaged by a power cut or an editing mistake. An empty file has no problem: it is empty on purpose.
  if (first === undefined || result.statements.length > 0) return result
  const good = readConfigFile(goodConfigPath(options.identity), files, options)
  if (good.statements.length === 0) return result
  const message = `${first.message}: the last one that could be read is used`
  return {statements: good.statements, problems: [{...first, message, isApplied: true}, ...more]}
}

/** Directory below config.d with the parts that the node's cluster has set, after files such as `10-…` and before `90-…`. */
export const clusterDirectory = '50-cluster'

/** Path of the last readable version of the system's config.yaml. */
export const goodConfigPath = ({localDir}: Identity): string => `${localDir}/config.last-good.yaml`

/** Whether the system's config.yaml is readable, and so worth keeping as the fallback. */
export const isGoodConfig = (files: ConfigFiles, options: ReadConfigOptions): boolean =>
  readConfigFile(systemPaths(options.identity).config, files, options).statements.length > 0

const readConfigFile = (path: string, files: ConfigFiles, {identity}: Options): SourceResult =>
  withFile(path, files, (data) => readYaml(path, decodeText(data), identity))

function readConfigDirectory(path: string, files: ConfigFiles, options: Options): readonly SourceResult[] {
  const mistake = 'Make it a directory that holds files, or remove it.'
  try {
    const names = files.list(path)
    if (names !== undefined)
      return [...names].sort(byBytes).flatMap((name) => {
        const file = `${path}/${name}`
        const parts = name === clusterDirectory ? files.list(file) : undefined
        if (parts === undefined) return [readConfigFile(file, files, options)]
        return [...parts].sort(byBytes).map((part) => readConfigFile(`${file}/${part}`, files, options))
      })
    // Some hosts do not distinguish a file from a missing directory when listing it.
    return files.read(path) === undefined ? [] : [refused(path, 'is a file, and must be a directory', mistake)]
  } catch (error) {
    return [refused(path, `cannot be listed: ${reasonOf(error)}`, mistake)]
  }
}

/** Order of UTF-8 bytes, which is that of code points and not that of JavaScript's UTF-16. */
function byBytes(left: string, right: string): number {
  const [a, b] = [[...left], [...right]]
  const at = a.findIndex((character, index) => character !== b[index])
  if (at < 0) return a.length - b.length
  return (a[at]?.codePointAt(0) ?? -1) - (b[at]?.codePointAt(0) ?? -1)
}

function readCmdline(files: ConfigFiles, {identity, cmdline}: Options): SourceResult {
  const source = 'kernel command line'
  if (cmdline !== undefined) return interpretCmdline(cmdline)
  return withFile('/proc/cmdline', files, (data) => interpretCmdline(decodeText(data).text))

  function interpretCmdline(line: string): SourceResult {
    const names = fieldNames(Object.keys(NodeConfig._zod.def.shape), identity)
    const topNames = fieldNames(topLevelKeys, identity)
    const report = new SourceReport(source, {identity})
    if (line.includes('\uFFFD'))
      report.add([], 'holds bytes that are not UTF-8', {hint: 'Write such values in a config.yaml instead.'})
    const {network, unreadable} = parseNetworkCmdline(line)
    for (const name of unreadable)
      report.add([name], 'is not one of the forms that dracut.cmdline(7) describes', {hint: 'See docs/network.md.'})
    const {entries} = parseCmdline(
      line,
      (word) => names.has(word.toLowerCase()) || relatedNames.includes(word.toLowerCase()),
      (section, key) => section.toLowerCase() === identity.section && topNames.has(key.toLowerCase()),
    )
    const all = network === undefined ? entries : [...entries, {key: 'network', value: network}]
    const statements = interpretSource({kind: 'map', entries: all}, report)
    return {source, statements, problems: report.problems}
  }
}

/** The host name from the cloud; an empty one sets nothing. */
const readHostname = (files: ConfigFiles, options: Options): SourceResult =>
  readMetadata('/run/config/local_hostname', files, options, (text) => ({field: 'hostname', value: text.trim()}))

/** The SSH keys from the cloud, one per line. */
const readSshKeys = (files: ConfigFiles, options: Options): SourceResult =>
  readMetadata('/run/config/ssh/authorized_keys', files, options, (text) => ({
    field: 'ssh_authorized_keys',
    value: text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  }))

/** The links from the cloud: of a medium in the phase boot already, of a service in the phase runtime. */
function readNetworkDocuments(files: ConfigFiles, {identity}: Options): readonly SourceResult[] {
  const [config, data] = ['/run/config/network-config', '/run/config/network_data.json']
  return [
    withFile(config, files, (bytes) => ({
      ...readNetworkConfig(config, decodeText(bytes).text, identity),
      source: delivered('network-config', files),
    })),
    withFile(data, files, (bytes) => ({
      ...readNetworkData(data, decodeText(bytes).text, identity),
      source: delivered('network_data.json', files),
    })),
  ]
}

/** What a document in /run/config is called, after the data source that has delivered it. */
function delivered(name: string, files: ConfigFiles): string {
  const origins = files.read(originsFile)
  const source = origins === undefined ? undefined : textMember(parseOrigins(decodeText(origins).text), name)
  return source === undefined ? name : `${name} of ${source}`
}

function readMetadata(
  path: string,
  files: ConfigFiles,
  _options: Options,
  read: (text: string) => {readonly field: string; readonly value: string | readonly string[]},
): SourceResult {
  return withFile(path, files, (data) => {
    const {text, damaged} = decodeText(data)
    if (damaged) return refused(path, 'is not valid UTF-8', 'Check the metadata of the cloud: it may be damaged.')
    const {field, value} = read(text)
    return value.length === 0 ? nothing : {statements: [{path: [field], value, written: value}], problems: []}
  })
}

function readUserdataFile(name: 'userdata' | 'vendordata', files: ConfigFiles, {identity}: Options): SourceResult {
  const path = `/run/config/${name}`
  return withFile(path, files, (data) => {
    const userdata = readUserdata(data, identity, {name})
    if (userdata.kind === 'yaml') return readYaml(path, userdata.decoded, identity)
    if (userdata.kind === 'parts') return readParts(path, userdata.data, identity, {name})
    if (userdata.kind === 'refused') return refused(path, userdata.message, userdata.hint)
    return {statements: userdata.statements satisfies readonly Statement[], problems: []}
  })
}
