import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Machine} from '../machine/machine.ts'
import {boot} from '../machine/testing.ts'
import {buildImage} from '../test/image/build-image.ts'

/*
 * Cuts the power at random moments of an installation, and checks what the machine boots afterwards: the complete installed
 * system, or the medium. Anything else is a failure.
 *
 *     node bench/power-cut.ts [CUTS] [bios|uefi]
 */

const cuts = Number(process.argv[2] ?? 20)
const firmware = process.argv[3] === 'uefi' ? 'uefi' : 'bios'
const minutes = 60_000
const scratch = mkdtempSync(join(tmpdir(), 'haos-power-cut-'))
const target = join(scratch, 'target.img')
const install = ['mode=install', 'install.silent', 'install.device=serial=TARGET', 'hostname=whole', 'password=geheim']
const words = install.map((word) => `haos.${word}`).join(' ')

try {
  const iso = await buildImage({out: join(scratch, 'out')})
  const {fromMs, toMs} = await timeInstallation(iso)
  console.log(`it writes for ${((toMs - fromMs) / 1000).toFixed(1)} s`)
  const found: Record<string, number> = {}
  for (let cut = 0; cut < cuts; cut++) {
    const atMs = Math.random() * (toMs - fromMs)
    await installUntil(iso, atMs)
    const outcome = await bootAfterwards(iso)
    console.log(`cut after ${(atMs / 1000).toFixed(1)} s: ${outcome}`)
    found[outcome] = (found[outcome] ?? 0) + 1
  }
  console.log(
    Object.entries(found)
      .map(([outcome, count]) => `${outcome}: ${count}`)
      .join(', '),
  )
  if (Object.keys(found).some((outcome) => outcome.startsWith('broken'))) process.exitCode = 1
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

function startInstallation(iso: string): Promise<Machine> {
  rmSync(target, {force: true})
  return boot(iso, {
    memoryMiB: 768,
    noReboot: true,
    disks: [{file: target, sizeBytes: 4 * 2 ** 30, serial: 'TARGET'}],
    appendCmdline: words,
    failOn: [/not installed: .*/],
  })
}

/** When the installation writes its first and last byte, in milliseconds since the start of the machine. */
async function timeInstallation(iso: string): Promise<{readonly fromMs: number; readonly toMs: number}> {
  await using machine = await startInstallation(iso)
  const {atMs: fromMs} = await machine.waitFor('Partitioning', {timeoutMs: 15 * minutes})
  const {atMs: toMs} = await machine.waitFor('Restarting', {timeoutMs: 30 * minutes})
  return {fromMs, toMs}
}

/** Kills the machine some time after it began to write. As in a power cut, what QEMU has not written is lost. */
async function installUntil(iso: string, ms: number): Promise<void> {
  await using machine = await startInstallation(iso)
  await machine.waitFor('Partitioning', {timeoutMs: 15 * minutes})
  await Promise.race([machine.ended, new Promise((resolve) => setTimeout(resolve, ms))])
}

/** Boots with the disk first in the firmware's boot order, and the medium second. */
async function bootAfterwards(iso: string): Promise<string> {
  try {
    await using machine = await Machine.start({
      firmware,
      memoryMiB: 768,
      disks: [{file: target}, {file: iso, bus: 'usb', snapshot: true}],
      linesInMessages: true,
    })
    const {groups} = await machine.waitFor(/\b(whole|baked) login: /, {timeoutMs: 30 * minutes})
    const [name] = groups
    await machine.login({user: 'rancher', ...(name === 'whole' && {password: 'geheim'}), timeoutMs: 10 * minutes})
    const [mode] = (await machine.succeed('cat /run/haos/mode; haos --version')).split('\n')
    if (name === 'whole' && mode === 'disk') return 'the installed system'
    return name === 'baked' && mode === 'live' ? 'the medium' : `broken: ${name} in mode ${mode}`
  } catch (error) {
    return `broken: ${error instanceof Error ? error.message.split('\n')[0] : error}`
  }
}
