import type {Identity} from '#dsl'
import type {ConfigFiles} from '../config/config-files.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {clusterDirectory} from '../config/read-config.ts'
import {type Host, mkdirAll} from '../host/host.ts'
import {readLink, runOrThrow} from '../host/run-or-throw.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import type {Selection} from './select-parts.ts'

/** Directories of sets of parts. A symlink in config.d leads to the one that counts, so that one rename changes all parts. */
const setsOf = ({localDir}: Identity): string => `${localDir}/cluster-config`
const linkOf = ({localDir}: Identity): string => `${localDir}/config.d/${clusterDirectory}`

/** Writes the parts into a directory of their own, which does not count yet. Returns its path; undefined if there are none. */
export function writePartSet(
  node: Host,
  identity: Identity,
  {files}: Selection,
  selectionDigest: string,
): string | undefined {
  if (files.size === 0) return undefined
  const set = `${setsOf(identity)}/${selectionDigest.slice(0, 16)}`
  mkdirAll(node, set)
  for (const [name, content] of files)
    writeIfChanged(node, `${set}/${name}`, content, {mode: 0o600, owner: {uid: 0, gid: 0}})
  for (const name of node.list(set) ?? []) if (!files.has(name)) node.remove(`${set}/${name}`)
  // A rename may reach the disk before the files.
  runOrThrow(node, ['sync'])
  return set
}

/** The configuration files of a node as they are once a set counts. */
export function filesWith(node: Host, identity: Identity, set: string | undefined): ConfigFiles {
  const files = configFilesOf(node)
  const link = linkOf(identity)
  const directory = link.slice(0, link.lastIndexOf('/'))
  const inSet = (path: string) => `${set ?? '/nowhere'}${path.slice(link.length)}`
  const isInLink = (path: string) => path === link || path.startsWith(`${link}/`)
  return {
    read: (path) => files.read(isInLink(path) ? inSet(path) : path),
    list(path) {
      if (isInLink(path)) return files.list(inSet(path))
      if (path !== directory) return files.list(path)
      const others = (files.list(path) ?? []).filter((name) => name !== clusterDirectory)
      return set === undefined ? others : [...others, clusterDirectory]
    },
  }
}

/** Makes a set the one that counts, and deletes the others. */
export function usePartSet(node: Host, identity: Identity, set: string | undefined): void {
  const [sets, link] = [setsOf(identity), linkOf(identity)]
  if (set === undefined) node.remove(link)
  else {
    const target = `..${set.slice(identity.localDir.length)}`
    const next = `${sets}/next`
    if (readLink(node, link) !== target) {
      mkdirAll(node, link.slice(0, link.lastIndexOf('/')))
      node.remove(next)
      node.symlink(target, next)
      runOrThrow(node, ['mv', '-T', next, link])
    }
  }
  for (const name of node.list(sets) ?? [])
    if (`${sets}/${name}` !== set) runOrThrow(node, ['rm', '-rf', `${sets}/${name}`])
}

/** Whether the set that counts holds these parts. */
export function isInPlace(node: Host, identity: Identity, {files}: Selection): boolean {
  const link = linkOf(identity)
  if ((node.list(link) ?? []).join('\n') !== [...files.keys()].join('\n')) return false
  return [...files].every(([name, content]) => {
    const found = node.readBytes(`${link}/${name}`)
    return found?.length === content.length && found.every((byte, index) => byte === content[index])
  })
}
