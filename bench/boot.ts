import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Machine} from '../machine/machine.ts'
import type {DirectKernel} from '../machine/machine-options.ts'
import {type BootOptions, boot} from '../machine/testing.ts'
import {buildImage} from '../test/image/build-image.ts'
import {getBaselineTools} from './baseline-tools.ts'
import {median, printLine} from './measure.ts'
import {makeStockDebian} from './stock-debian.ts'

// Measures the live system's time to a login, compared with a stock Debian of the same suite; how much later it comes if data
// sources are looked for where there is no cloud; and the minimum memory.
// Both boot in the same way: QEMU loads kernel and initrd, the system is on a virtio disk, and the kernel arguments are the
// same. Needs root, for the disk of the baseline.

const turns = Number(process.argv[2] ?? 3)
const minutes = 60_000
/** As in the boot tests: they speed up QEMU's translation. */
const cmdline = 'quiet norandmaps no_timer_check'
const scratch = mkdtempSync(join(tmpdir(), 'haos-bench-'))

try {
  await getBaselineTools()
  const iso = await buildImage({out: join(scratch, 'out')})
  const ours = () => start(iso, {as: 'virtio', appendCmdline: cmdline})
  const auto = () => start(iso, {as: 'virtio', appendCmdline: `${cmdline} haos.data_sources=auto`})
  const disk = makeStockDebian({scratch, cmdline})
  const stock = () => start(disk.direct, {disks: [{file: disk.file, snapshot: true}]})
  const seconds: Record<'ours' | 'auto' | 'stock', number[]> = {ours: [], auto: [], stock: []}
  // Alternately, because a busy host slows both.
  for (let turn = 0; turn < turns; turn++) {
    seconds.ours.push(await secondsToLogin(ours))
    seconds.auto.push(await secondsToLogin(auto))
    seconds.stock.push(await secondsToLogin(stock))
  }
  printLine({
    what: 'kernel to login',
    seconds: median(seconds.ours),
    baseline: {name: 'stock Debian with systemd', seconds: median(seconds.stock)},
    target: 0.5,
  })
  printLine({
    what: 'more for data sources: auto',
    seconds: median(seconds.auto) - median(seconds.ours),
    target: 1,
  })
  console.log(`minimum memory for a login   ${await leastMemoryMiB(iso)} MiB; target ≤ 512 MiB`)
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

function start(image: string | DirectKernel, options: BootOptions): Promise<Machine> {
  return boot(image, {memoryMiB: 1024, ...options})
}

/** Time from the start of the kernel, which QEMU's firmware enters immediately, to the login prompt. */
async function secondsToLogin(startMachine: () => Promise<Machine>): Promise<number> {
  await using machine = await startMachine()
  const {atMs} = await machine.waitFor(/\blogin: /, {timeoutMs: 15 * minutes})
  return atMs / 1000
}

/** The smallest amount of memory, in steps of 32 MiB, with which a user can log in and run a program. NaN: more than 512 MiB. */
async function leastMemoryMiB(iso: string): Promise<number> {
  let tooSmall = 64
  let enough = 544
  while (enough - tooSmall > 32) {
    const middle = (tooSmall + enough) / 2
    const memoryMiB = middle - (middle % 32)
    if (await logsIn(iso, memoryMiB)) enough = memoryMiB
    else tooSmall = memoryMiB
  }
  return enough > 512 ? Number.NaN : enough
}

async function logsIn(iso: string, memoryMiB: number): Promise<boolean> {
  try {
    await using machine = await boot(iso, {memoryMiB})
    await machine.login({user: 'rancher', timeoutMs: 10 * minutes})
    await machine.succeed('haos --version')
    return true
  } catch {
    return false
  }
}
