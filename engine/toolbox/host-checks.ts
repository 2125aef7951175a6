import {access, constants, readFile, stat, statfs} from 'node:fs/promises'
import {userInfo} from 'node:os'
import {dirname, resolve} from 'node:path'
import {installCommand} from './ensure-tools.ts'
import {findTool} from './tool.ts'

/** One check of this machine in addition to its tools. */
export interface HostCheck {
  readonly name: string
  /** The finding, in a few words. */
  readonly found: string
  /** `poor`: a build may fail or be slow. `bad`: it fails. */
  readonly state: 'ok' | 'poor' | 'bad'
  /** What to do, as one sentence; absent if nothing is to be done. */
  readonly fix?: string | undefined
}

export interface HostCheckOptions {
  /** User id. Default: the user of this process. */
  readonly uid?: number | undefined
  /** Host paths of the store and of the directory for finished files. */
  readonly store: string
  readonly out: string
  readonly searchPath: string
}

/** Free space in bytes that a first build of the default image fills: packages, layers, and the ISO twice. */
const wantedBytes = 3 * 1024 ** 3

/** Checks what a build needs in addition to tools. Changes nothing. */
export async function checkHost({store, out, searchPath, uid}: HostCheckOptions): Promise<readonly HostCheck[]> {
  return Promise.all([
    checkNode(),
    checkUserNamespaces(searchPath, uid),
    checkSpace('space for the store', store),
    checkSpace('space for results', out),
    checkKvm(),
  ])
}

function checkNode(): HostCheck {
  return {name: 'node', found: process.versions.node, state: 'ok'}
}

/** Free space on the file system of a directory that need not exist yet. */
export async function checkSpace(name: string, directory: string): Promise<HostCheck> {
  let place = resolve(directory)
  while (!(await stat(place).catch(() => undefined)) && place !== dirname(place)) place = dirname(place)
  const {bavail, bsize} = await statfs(place)
  const free = bavail * bsize
  const found = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${directory}`
  if (free >= wantedBytes) return {name, found, state: 'ok'}
  return {
    name,
    found,
    state: 'poor',
    fix: `A first build needs ${wantedBytes / 1024 ** 3} GiB: free some, or use another directory.`,
  }
}

/** KVM makes `run` and the boot tests fast; a build does not need it. */
async function checkKvm(): Promise<HostCheck> {
  const name = 'kvm'
  if (!(await stat('/dev/kvm').catch(() => undefined))) {
    return {name, found: 'no /dev/kvm: virtual machines are emulated, ten times slower', state: 'ok'}
  }
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch {
    const fix = `Run \`sudo adduser ${userName()} kvm\` and log in again.`
    return {name, found: 'this user may not open /dev/kvm: virtual machines are emulated', state: 'poor', fix}
  }
  return {name, found: '/dev/kvm exists; `run` uses it if a probe shows that it works', state: 'ok'}
}

/**
 * User namespaces let an ordinary user configure packages as root of a range of foreign ids (user_namespaces(7), subuid(5)).
 * Root runs packages in one too, and may create it wherever the kernel allows any.
 */
export async function checkUserNamespaces(searchPath: string, uid = process.getuid?.()): Promise<HostCheck> {
  const name = 'user namespaces'
  const bad = (found: string, fix: string): HostCheck => ({name, found, state: 'bad', fix})

  // The kernel's switch, which also applies to root, then Debian's and Ubuntu's; a missing file forbids nothing.
  const switches = [
    ['user.max_user_namespaces', (value: number) => value === 0, 10_000],
    ['kernel.unprivileged_userns_clone', (value: number) => value === 0, 1],
    ['kernel.apparmor_restrict_unprivileged_userns', (value: number) => value !== 0, 0],
  ] as const
  for (const [key, forbids, wanted] of switches.slice(0, uid === 0 ? 1 : switches.length)) {
    const text = await readFile(`/proc/sys/${key.replaceAll('.', '/')}`, 'utf8').catch(() => undefined)
    if (text !== undefined && forbids(Number(text))) {
      return bad(`forbidden by ${key}=${text.trim()}`, `Run \`sudo sysctl -w ${key}=${wanted}\`.`)
    }
  }
  if (uid === 0) return {name, found: 'allowed', state: 'ok'}
  if (!(await findTool('newuidmap', searchPath))) {
    return bad('newuidmap is not installed', `Run \`${installCommand(['uidmap'], uid)}\`.`)
  }
  const owner = userName()
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    const ranges = (await readFile(file, 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
    const own = ranges.some(([who, , count]) => (who === owner || who === String(uid)) && Number(count) >= 65_536)
    if (!own) {
      const fix = `Run \`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${owner}\`.`
      return bad(`${file} has no 65536 ids for ${owner}`, fix)
    }
  }
  return {name, found: 'allowed', state: 'ok'}
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a user without an entry in passwd.
    return String(process.getuid?.())
  }
}
