import {createHash} from 'node:crypto'
import {HaosError} from '#dsl'
import {readText, type ScriptRun} from '../install/install-packages.ts'
import {addGroup, addUser} from './busybox-accounts.ts'
import {installBusybox, installSuid} from './busybox-links.ts'
import {readSimpleScript, type Statement} from './simple-script.ts'
import {updateCertificates} from './update-certificates.ts'

const secondsPerDay = 86_400

export interface KnownScriptsOptions {
  /** The time that scripts see, in seconds since 1970. */
  readonly epoch: number
  /** Handles an unknown script. Default: an error that names the three choices. */
  readonly otherwise?: ((run: ScriptRun) => Promise<void>) | undefined
}

/**
 * Performs what scripts do, without running them.
 *
 * A script that is a plain list of known commands is interpreted, in any package. Any other script must be,
 * word for word and in the same package, one that a person has reviewed.
 */
export function knownScripts({epoch, otherwise}: KnownScriptsOptions): (run: ScriptRun) => Promise<void> {
  const epochDay = Math.floor(epoch / secondsPerDay)
  return async (run) => {
    const text = run.script.toString()
    const statements = readSimpleScript(text)
    if (statements?.every(isKnown)) {
      for (const statement of statements)
        if (!(await doStatement(statement, run, epochDay))) return unknown(run, otherwise)
      return
    }
    const digest = scriptDigest(text)
    const found = reviewedScripts.find(
      (item) => item.name === run.pkg.info.name && item.kind === run.kind && item.digests.includes(digest),
    )
    if (!found || !(await found.apply(run))) await unknown(run, otherwise)
  }
}

async function unknown(run: ScriptRun, otherwise: KnownScriptsOptions['otherwise']): Promise<void> {
  if (otherwise) return otherwise(run)
  const {pkg, kind} = run
  throw new HaosError('PACKAGE_INVALID', `${pkg.label} has a ${kind} script that haos-build does not know`, {
    at: `${pkg.label}.${kind}`,
    hint: "Set `scripts: 'run'` to run it in a sandbox, `scripts: 'skip'` to ignore all scripts, or leave the package out.",
    output: run.script.toString().split('\n').slice(0, 20).join('\n'),
  })
}

/** Identifies a script by what it does: comments, empty lines and indentation do not count. */
export const scriptDigest = (text: string): string => {
  const lines = text.split('\n').map((line) => line.trim())
  const body = lines.filter((line) => line !== '' && !line.startsWith('#'))
  return createHash('sha256').update(body.join('\n')).digest('hex').slice(0, 32)
}

const knownPrograms = new Set(['addgroup', 'adduser', 'add-shell', 'chmod', 'chown', 'mkdir', 'true', ':'])

const isKnown = (statement: Statement): boolean =>
  knownPrograms.has(statement[0]) ||
  isOneOf(statement, ['busybox --install -s', 'update-ca-certificates', machineId]) ||
  isBusyboxMkdir(statement)

const isOneOf = (statement: Statement, lines: readonly string[]): boolean => lines.includes(statement.join(' '))

const isBusyboxMkdir = ([program, word]: Statement): boolean => program === 'busybox' && word === 'mkdir'

/** Each node creates its own identifier; all nodes of an image must not share one. */
const machineId = 'dbus-uuidgen --ensure=/etc/machine-id'

/** Interprets one command; false if it is not supported. */
async function doStatement(statement: Statement, {root}: ScriptRun, epochDay: number): Promise<boolean> {
  const [program, ...words] = isBusyboxMkdir(statement) ? statement.slice(1) : statement
  switch (program) {
    case 'addgroup':
      await addGroup(root, words)
      return true
    case 'adduser':
      await addUser(root, words, {epochDay})
      return true
    case 'add-shell': {
      const path = '/etc/shells'
      const before = await readText(root, path)
      const added = words.filter((shell) => !before.split('\n').includes(shell)).map((shell) => `${shell}\n`)
      if (added.length === 0) return true
      const {entry, owner} = root.follow(path) ?? {entry: {path, type: 'file', mode: 0o644, uid: 0, gid: 0} as const}
      root.put({...entry, content: {bytes: Buffer.from(`${before}${added.join('')}`)}}, {owner})
      return true
    }
    case 'mkdir':
      for (const path of words.filter((word) => !word.startsWith('-'))) root.makeDirectories(path)
      return words.every((word) => word === '-p' || word.startsWith('/'))
    case 'chmod': {
      const [mode = '', ...paths] = words
      if (!/^[0-7]{3,4}$/.test(mode)) return false
      return paths.every((path) => change(root, path, {mode: Number.parseInt(mode, 8)}))
    }
    case 'chown': {
      const [owner = '', ...paths] = words
      const [user = '', group] = owner.split(':')
      const uid = await idOf(root, '/etc/passwd', user)
      const gid = group === undefined ? undefined : await idOf(root, '/etc/group', group)
      if (uid === undefined || (group !== undefined && gid === undefined)) return false
      return paths.every((path) => change(root, path, {uid, ...(gid !== undefined && {gid})}))
    }
    case 'busybox':
      return installBusybox(root)
    case 'update-ca-certificates':
      await updateCertificates(root)
      return true
    default:
      return true
  }
}

function change(
  root: ScriptRun['root'],
  path: string,
  values: {readonly mode?: number; readonly uid?: number; readonly gid?: number},
): boolean {
  const place = path.startsWith('/') ? root.follow(path) : undefined
  if (place === undefined) return false
  root.put({...place.entry, ...values}, {owner: place.owner, access: place.access})
  return true
}

async function idOf(root: ScriptRun['root'], file: string, name: string): Promise<number | undefined> {
  if (/^\d+$/.test(name)) return Number(name)
  const line = (await readText(root, file)).split('\n').find((item) => item.startsWith(`${name}:`))
  return line === undefined ? undefined : Number(line.split(':')[2])
}

interface ReviewedScript {
  readonly name: string
  readonly kind: string
  readonly digests: readonly string[]
  /** Returns false if the result in this root is not known. */
  apply(run: ScriptRun): Promise<boolean>
}

const noEffect = async (): Promise<boolean> => true

/** Scripts that a person has reviewed, with their effect in a new root. */
const reviewedScripts: readonly ReviewedScript[] = [
  {
    // Start scripts for an obsolete kind of virtual machine, and an owner and mode that the package sets itself.
    name: 'alpine-baselayout',
    kind: 'post-install',
    digests: ['10fb2493c99cd1018c729b0af2fcbed1', 'e57b44693e17c021ad2ce5349e694bf5'],
    apply: async ({root}) =>
      change(root, '/etc/shadow', {mode: 0o640, uid: 0, gid: (await idOf(root, '/etc/group', 'shadow')) ?? 42}),
  },
  {
    // Runs depmod; the kernel modules of an image have their lists already.
    name: 'busybox',
    kind: 'trigger',
    digests: ['994248e71ff6ccf13b1529faf08174b4'],
    apply: async ({root, directories}) => {
      if (directories.every((path) => path.startsWith('/lib/modules/'))) return true
      await installSuid(root)
      return !root.has('/bin/busybox-extras') && installBusybox(root)
    },
  },
  {
    // Renames services of earlier releases; a new root has none.
    name: 'busybox-initscripts',
    kind: 'post-install',
    digests: ['411903ab9943ec8a449c2156915c22b6'],
    apply: async ({root}) => {
      await addGroup(root, ['-S', '-g', '23', 'input'])
      return true
    },
  },
  {
    name: 'openrc',
    kind: 'post-install',
    digests: ['be1701ba49120f6fd51e991e369e611d'],
    apply: async ({root}) => !root.has('/etc/rcS.d') && !root.has('/etc/rcL.d'),
  },
  // Notifies a daemon that is not running here.
  {name: 'eudev', kind: 'trigger', digests: ['b9f5213f323f5e041e6cf88d5b357393'], apply: noEffect},
  // The step `kernel-tree` makes the lists of kernel modules.
  {name: 'kmod', kind: 'trigger', digests: ['d87290cca1053cc1d85479780711cd06'], apply: noEffect},
  // The boot loader of the medium starts an image, and the recipe defines its menu.
  {name: 'grub', kind: 'trigger', digests: ['268fe50debe570735f4a45b11214fa0d'], apply: noEffect},
  {
    // Updates caches of modules and schemas; a node has none.
    name: 'glib',
    kind: 'trigger',
    digests: ['8f2286a774748d5fb7f80c30512f1c2c'],
    apply: async ({root, directories}) =>
      directories.every((path) => !root.list(path).some((name) => /\.so$|\.gschema\.xml$/.test(name))),
  },
  ...(['alpine', 'nocloud'] as const).map(
    (cloud): ReviewedScript => ({
      name: `tiny-cloud-${cloud}`,
      kind: 'post-install',
      digests: [cloud === 'alpine' ? '873fcb90d487725c5734dabe41da1e23' : 'bd9c936ecda2517dfb413efcdc13a04b'],
      apply: async ({root}) => {
        const text = (await readText(root, '/lib/tiny-cloud/tiny-cloud.conf'))
          .replace(/^#?CLOUD=.*/gm, `CLOUD=${cloud}`)
          .replace(/^HOTPLUG_MODULES=.*/gm, '#HOTPLUG_MODULES=')
        const path = '/etc/tiny-cloud.conf'
        const {entry, owner} = root.get(path) ?? {entry: {path, type: 'file', mode: 0o644, uid: 0, gid: 0} as const}
        root.put({...entry, content: {bytes: Buffer.from(text)}}, {owner})
        return true
      },
    }),
  ),
]
