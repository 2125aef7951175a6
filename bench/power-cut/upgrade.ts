import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {Machine} from '../../machine/machine.ts'
import {changeLoaders, readLoaders} from '../../test/boot/disk-loaders.ts'
import {buildTarget} from '../../test/image/build-image.ts'
import {serveFiles} from '../../test/served-files.ts'
import {copyDisk} from './copy-disk.ts'
import {assertFacts, examineNode, identityOf, logIn} from './node.ts'
import {type PowerCutSubject, type PreparedSubject, patience} from './subject.ts'

type Firmware = 'bios' | 'uefi'

/** An upgrade and a way back, each under both kinds of firmware. */
export const upgrades: readonly PowerCutSubject[] = (['bios', 'uefi'] as const).map((firmware) => ({
  name: `upgrade-${firmware}`,
  prepare: (scratch) => prepareUpgrade(firmware, scratch),
}))

export const rollbacks: readonly PowerCutSubject[] = (['bios', 'uefi'] as const).map((firmware) => ({
  name: `rollback-${firmware}`,
  prepare: (scratch) => prepareRollback(firmware, scratch),
}))

/** The first boot of a version with other boot loaders than those on the disk, which replaces them once it is healthy. */
export const loaders: readonly PowerCutSubject[] = (['bios', 'uefi'] as const).map((firmware) => ({
  name: `loader-${firmware}`,
  prepare: (scratch) => prepareLoader(firmware, scratch),
}))

/** A node that has been upgraded before, so that the next upgrade deletes its oldest version. */
async function prepareUpgrade(firmware: Firmware, scratch: string): Promise<PreparedSubject> {
  const node = new UpgradedNode(firmware, scratch)
  await node.install('0.0.9', ['0.1.0'])
  const url = await node.serve('0.2.0')
  let again = 0
  return {
    disk: node.disk,
    machine: node.options,
    async work(machine, promise) {
      await logIn(machine)
      await upgrade(machine, url)
      await machine.reboot(patience)
      await logIn(machine)
      await waitUntilConfirmed(machine, '0.2.0')
      promise('0.2.0')
      await untilWrittenBack(machine)
    },
    async examine(cut, promised) {
      await using machine = await node.start(cut)
      const found = await node.examine(machine, promised.length > 0 ? promised : ['0.1.0', '0.2.0'])
      // Every third time, because it takes as long as two other cuts.
      if (found === '0.2.0' || again++ % 3 !== 0) return found
      await upgrade(machine, url)
      await machine.reboot(patience)
      await node.examine(machine, ['0.2.0'])
      return `${found}, upgraded again`
    },
  }
}

/** A node with two versions, both of which have been healthy. */
async function prepareRollback(firmware: Firmware, scratch: string): Promise<PreparedSubject> {
  const node = new UpgradedNode(firmware, scratch)
  await node.install('0.1.0', ['0.2.0'])
  return {
    disk: node.disk,
    machine: node.options,
    async work(machine, promise) {
      await logIn(machine)
      await machine.succeed('sudo haos rollback', patience)
      promise('0.1.0')
      await machine.reboot(patience)
      await logIn(machine)
      await machine.waitUntilSucceeds('grep runtime /run/phases', patience)
      await untilWrittenBack(machine)
    },
    async examine(cut, promised) {
      await using machine = await node.start(cut)
      return await node.examine(machine, promised.length > 0 ? promised : ['0.1.0', '0.2.0'])
    },
  }
}

/** A node whose next boot is that of a version on trial. */
async function prepareLoader(firmware: Firmware, scratch: string): Promise<PreparedSubject> {
  const node = new UpgradedNode(firmware, scratch)
  await node.install('0.1.0', [])
  await node.stage('0.2.0')
  const view = (disk: string): string => {
    const {core, efi} = readLoaders(disk)
    return createHash('sha256')
      .update(firmware === 'bios' ? core : efi)
      .digest('hex')
  }
  const next = view(node.disk)
  changeLoaders(node.disk, scratch)
  return {
    disk: node.disk,
    machine: node.options,
    async work(machine, promise) {
      await logIn(machine)
      await waitUntilConfirmed(machine, '0.2.0')
      promise('0.2.0')
      await untilWrittenBack(machine)
    },
    // Whole, the old one or the new one, after each of the few writes that random cuts would miss.
    glance: view,
    async examine(cut) {
      await using machine = await node.start(cut)
      const found = await node.examine(machine, ['0.2.0'])
      await waitUntilConfirmed(machine, '0.2.0')
      await machine.powerOff(patience)
      if (view(cut) !== next) throw new Error('the loader on the disk is not that of the version')
      return found
    },
  }
}

class UpgradedNode {
  readonly disk: string
  readonly options
  readonly #scratch: string
  #identity = ''

  constructor(firmware: Firmware, scratch: string) {
    this.#scratch = scratch
    this.disk = `${scratch}/before.img`
    this.options = {firmware, memoryMiB: 768, linesInMessages: true}
  }

  /** Boots a version, and upgrades it to others until each is healthy. */
  async install(version: string, others: readonly string[]): Promise<void> {
    const {disk = ''} = await this.#build('disk', version)
    copyDisk(disk, this.disk)
    await using machine = await this.start(this.disk)
    await logIn(machine)
    this.#identity = await identityOf(machine)
    for (const other of others) {
      await upgrade(machine, await this.serve(other))
      await machine.reboot(patience)
      await logIn(machine)
      await waitUntilConfirmed(machine, other)
    }
    await machine.powerOff(patience)
  }

  /** Upgrades to a version, without booting it. */
  async stage(version: string): Promise<void> {
    await using machine = await this.start(this.disk)
    await logIn(machine)
    await upgrade(machine, await this.serve(version))
    await machine.powerOff(patience)
  }

  /** Serves the ISO of a version, and gives the URL that the node has for it. */
  async serve(version: string): Promise<string> {
    const {iso = ''} = await this.#build('iso', version)
    const {port} = await serveFiles({'/next.iso': readFileSync(iso)})
    return `http://10.0.2.2:${port}/next.iso`
  }

  start(file: string): Promise<Machine> {
    return Machine.start({...this.options, disks: [{file}]})
  }

  /** Asserts that the machine is the same, and runs one of the versions, with all of its files. */
  async examine(machine: Machine, allowed: readonly string[]): Promise<string> {
    if ((await examineNode(machine)) !== this.#identity) throw new Error('the node has another identity')
    await assertFacts(machine, complete)
    const found = await machine.succeed('. /usr/lib/os-release; echo $VERSION_ID')
    if (!allowed.includes(found)) throw new Error(`${found} runs`)
    return found
  }

  #build(target: 'disk' | 'iso', version: string) {
    return buildTarget(target, {
      out: `${this.#scratch}/${target}-${version}`,
      arguments: ['--set', 'password=geheim', '--set', `version=${version}`],
    })
  }
}

async function upgrade(machine: Machine, url: string): Promise<void> {
  // The network is there by then.
  await machine.waitUntilSucceeds('grep runtime /run/phases', patience)
  await machine.succeed(`sudo haos upgrade --source ${url}`, patience)
}

const waitUntilConfirmed = (machine: Machine, version: string): Promise<unknown> =>
  machine.waitUntilSucceeds(`sudo grep '^${version} is healthy: the trial is over' /var/log/upgrade.log`, patience)

/** The journal of ext4 is committed every 5 s. */
const untilWrittenBack = (machine: Machine): Promise<unknown> => machine.run('sleep 12', patience)

/** The login shows no failure, and every file of the release that runs has the digest of its description. A node may call a part otherwise. */
const complete = `fail() { echo "$@"; exit 1; }
if grep 'has failed' /etc/issue; then exit 1; fi
cd /haos/system || exit 1
tr -d ' \\n' <haos/current/release.json | grep -o '"path":"[^"]*","sizeBytes":[0-9]*,"sha256":"[0-9a-f]*"' |
  sed 's|"path":"\\([^/]*\\)/[^/]*/\\(.*\\)","size.*"sha256":"\\(.*\\)"|\\3  \\1/current/\\2|' >/tmp/sums
[ "$(wc -l </tmp/sums)" -ge 4 ] || fail 'release.json is not whole'
sudo sha256sum -c --quiet /tmp/sums || exit 1
[ -e haos/previous/release.json ] || [ ! -L haos/previous ] || fail 'previous leads nowhere'
exit 0`
