import {HaosError} from '#dsl'
import type {DiskSurroundings} from '../disk-file.ts'
import type {DiskOptions} from '../machine-options.ts'
import {plugDisk} from '../machine-plan.ts'
import {blockNode, hotplugDevice, hotplugPorts, type MachinePlan, type PluggedDisk} from './qemu-arguments.ts'
import type {QmpClient} from './qmp.ts'

/** Disks attached to a running machine, and their ports. */
export class Hotplug {
  readonly #board: MachinePlan['board']
  readonly #surroundings: DiskSurroundings
  /** The port of each disk; a disk present at power-on needs none. */
  readonly #disks = new Map<PluggedDisk, string | undefined>()
  #count = 0

  constructor(board: MachinePlan['board'], surroundings: DiskSurroundings) {
    this.#board = board
    this.#surroundings = surroundings
  }

  /** The disks that are attached now. */
  get disks(): readonly PluggedDisk[] {
    return [...this.#disks.keys()]
  }

  /** Frees all ports: at power-on the disks become ordinary ones. */
  powerOn(): void {
    for (const disk of this.#disks.keys()) this.#disks.set(disk, undefined)
  }

  /** Attaches a disk. Fails with USAGE_INVALID when no port is free. */
  async attach(options: DiskOptions, qmp: QmpClient): Promise<PluggedDisk> {
    const used = new Set(this.#disks.values())
    const port = hotplugPorts.find((name) => !used.has(name))
    if (port === undefined) {
      throw new HaosError(
        'USAGE_INVALID',
        `at most ${hotplugPorts.length} disks can be attached to a running machine`,
        {
          hint: 'Detach one first, or give more `disks` when the machine is started.',
        },
      )
    }
    const disk = await plugDisk(options, `hot${this.#count++}`, this.#surroundings)
    await qmp.execute('blockdev-add', blockNode(disk))
    await qmp.execute('device_add', hotplugDevice(disk, this.#board === 'pc' ? 'pci.0' : port))
    this.#disks.set(disk, port)
    return disk
  }

  /** Detaches a disk. False: the guest did not release it in time. */
  async detach(disk: PluggedDisk, qmp: QmpClient, timeoutMs: number): Promise<boolean> {
    const gone = qmp.waitForEvent(
      ({event, data}) => event === 'DEVICE_DELETED' && data['device'] === disk.id,
      timeoutMs,
    )
    await qmp.execute('device_del', {id: disk.id})
    if (!(await gone)) return false
    await qmp.execute('blockdev-del', {'node-name': blockNode(disk)['node-name']})
    this.#disks.delete(disk)
    return true
  }
}
