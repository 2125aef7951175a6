import {readFile, readlink} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import * as z from 'zod'
import type {Artifact, Digest, Store} from '#engine'
import {PrivilegedFiles} from './steps/system/check/privileged-files.ts'

/** Privileged files by the name of the artifact. */
type PrivilegedByName = ReadonlyMap<string, PrivilegedFiles>

/** Reads the lists of the current build. */
export async function loadPrivileged(
  steps: ReadonlyMap<string, Digest>,
  records: ReadonlyMap<Digest, {readonly digest: Digest}>,
  store: Store,
): Promise<PrivilegedByName> {
  const lists = new Map<string, PrivilegedFiles>()
  for (const [name, step] of steps) {
    const record = records.get(step)
    if (record === undefined) throw new Error(`no list of privileged files for ${name}`)
    lists.set(name, PrivilegedFiles.parse(JSON.parse(await readFile(store.blobPath(record.digest), 'utf8'))))
  }
  return lists
}

const Manifest = z.object({privileged: PrivilegedFiles})

/**
 * Reads the lists of the last build of the same artifacts, of any version: the alias points to its file.
 *
 * Omits artifacts that were never built in the directory, or only before manifests contained the list.
 */
export async function loadPrivilegedBefore(artifacts: readonly Artifact[], out: string): Promise<PrivilegedByName> {
  const lists = new Map<string, PrivilegedFiles>()
  for (const {name, alias} of artifacts) {
    const link = join(out, alias)
    try {
      const file = join(dirname(link), await readlink(link))
      lists.set(name, Manifest.parse(JSON.parse(await readFile(`${file}.manifest.json`, 'utf8'))).privileged)
    } catch {}
  }
  return lists
}

/** A sentence for each privileged program of an image that was not privileged in the last build. */
export function renderNewPrivileges(
  artifacts: readonly Artifact[],
  before: PrivilegedByName,
  after: PrivilegedByName,
): readonly string[] {
  const notes = artifacts.flatMap(({name, image, arch}) => {
    const known = before.get(name)
    if (known === undefined) return []
    const rights = new Set(known.map(rightsOf))
    return (after.get(name) ?? [])
      .filter((file) => !rights.has(rightsOf(file)))
      .map(
        ({path, from, ...file}) =>
          `${path} of ${image} (${arch}) now runs with ${renderRights(file)}: it is from ${from}`,
      )
  })
  // The artifacts of one image have the same files.
  return [...new Set(notes)]
}

type PrivilegedFile = PrivilegedFiles[number]

const rightsOf = ({from: _, ...file}: PrivilegedFile): string => JSON.stringify(file)

function renderRights({
  mode,
  uid,
  gid,
  capabilities,
}: Pick<PrivilegedFile, 'mode' | 'uid' | 'gid' | 'capabilities'>): string {
  const bits = Number.parseInt(mode, 8)
  const rights = [
    ...((bits & 0o4000) === 0 ? [] : [`the rights of user ${uid}`]),
    ...((bits & 0o2010) === 0o2010 ? [`the rights of group ${gid}`] : []),
    ...(capabilities ? ['capabilities'] : []),
  ]
  return rights.join(' and ')
}
