import type {Identity} from '#dsl'
import {nodesFile} from '#layout'
import {Media} from '../../data-sources/medium.ts'
import {type Host, mkdirAll} from '../../host/host.ts'
import {decodeUtf8} from '../../text/utf8.ts'
import type {ConfigFiles} from '../config-files.ts'
import type {ConfigProblem} from '../problem.ts'
import {type ParsedNodes, parseNodes, type WrittenNode} from './parse-nodes.ts'
import {sameMatches} from './same-matches.ts'

const taken = ({runDir}: Identity): string => `${runDir}/nodes.json`
const takenKey = ({runDir}: Identity): string => `${runDir}/${nodesFile.keyName}`

/**
 * Reads the files of nodes on a labelled stick, once: what they contain stays until the machine is powered off.
 *
 * Not on an installed system, which anybody with a stick could take over.
 */
export function takeNodesFromStick(host: Host, identity: Identity): void {
  const mode = (host.read(`${identity.runDir}/mode`) ?? '').trim()
  if ((mode !== 'live' && mode !== 'install') || host.lstat(taken(identity)) !== undefined) return
  const device = new Media(host).find(nodesFile.label(identity))
  if (device === undefined) return
  const place = `${identity.runDir}/stick`
  mkdirAll(host, place)
  // With the type, so that the kernel loads the driver.
  const isMounted = ['vfat', 'ext4', 'iso9660', 'exfat'].some(
    (type) =>
      host.run(['mount', '-t', type, '-o', 'ro,nosuid,nodev,noexec', device, place], {output: 'discard'}).status === 0,
  )
  const key = isMounted ? host.read(`${place}/${nodesFile.keyName}`) : undefined
  if (key !== undefined) host.write(takenKey(identity), key, {mode: 0o600})
  const found = isMounted ? readFiles(host, place, identity) : unreadable(device)
  if (isMounted) host.run(['umount', place])
  host.write(taken(identity), JSON.stringify(found), {mode: 0o600})
}

function readFiles(host: Host, place: string, identity: Identity): ParsedNodes {
  const nodes: WrittenNode[] = []
  const problems: ConfigProblem[] = []
  for (const name of host.list(place) ?? []) {
    if (!/^[^.].*\.(?:ya?ml|json)$/i.test(name)) continue
    const parsed = parseNodes(name, host.readBytes(`${place}/${name}`) ?? '', identity)
    nodes.push(...parsed.nodes)
    problems.push(...parsed.problems)
  }
  const label = nodesFile.label(identity)
  return {
    nodes,
    problems: [...problems, ...sameMatches(label, nodes)].map((problem) => ({
      ...problem,
      source: `${label}: ${problem.source}`,
    })),
  }
}

const unreadable = (device: string): ParsedNodes => ({
  nodes: [],
  problems: [
    {
      source: device,
      path: '',
      message: 'has the label of nodes, but cannot be mounted',
      hint: 'Format it with FAT or ext4.',
    },
  ],
})

/** The key of sealed configs that was on the stick; undefined if there was none. */
export const keyOfStick = (host: Host, identity: Identity): string | undefined => host.read(takenKey(identity))

/** What was read from a stick; undefined if there was none. */
export function nodesOfStick(files: ConfigFiles, identity: Identity): ParsedNodes | undefined {
  const text = files.read(taken(identity))
  // Only this program writes the file.
  return text === undefined ? undefined : JSON.parse(typeof text === 'string' ? text : decodeUtf8(text))
}
