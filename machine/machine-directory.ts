import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {makeDirectory} from '#engine'

const prefix = 'haos-machine-'
const ownerFile = 'owner'
/** A directory without an owner is still being made, unless it is older than this. */
const unownedMs = 10 * 60_000

/**
 * Makes a directory for a machine's own files, readable only by this user.
 *
 * Killed processes could not remove theirs, and scratch disks are large: so the directories of
 * ended processes are removed first.
 */
export async function makeMachineDirectory(parent = tmpdir()): Promise<string> {
  await makeDirectory(parent)
  await removeAbandoned(parent)
  const directory = await mkdtemp(join(parent, prefix))
  await writeFile(join(directory, ownerFile), await ownName())
  return directory
}

async function removeAbandoned(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix))
  for (const name of names) {
    const directory = join(parent, name)
    if (await isAbandoned(directory).catch(() => false))
      await rm(directory, {recursive: true, force: true}).catch(() => {})
  }
}

async function isAbandoned(directory: string): Promise<boolean> {
  const owner = await readFile(join(directory, ownerFile), 'utf8').catch(() => undefined)
  if (owner === undefined) return Date.now() - (await stat(directory)).mtimeMs > unownedMs
  const [pid = '', namespace, startTime] = owner.split(' ')
  // Processes of another PID namespace (a container with the same /tmp) cannot be seen from here.
  if (namespace !== (await pidNamespace())) return false
  return startTime !== (await startTimeOf(pid))
}

const ownName = async (): Promise<string> =>
  [process.pid, await pidNamespace(), await startTimeOf(String(process.pid))].join(' ')

/** Identity of the PID namespace (namespaces(7)), whose inode number is unique while it exists. */
const pidNamespace = async (): Promise<string> => String((await stat('/proc/self/ns/pid')).ino)

/** Field 22 of /proc/PID/stat (proc(5)): it distinguishes processes that reuse a PID. */
async function startTimeOf(pid: string): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? 'gone'
}
