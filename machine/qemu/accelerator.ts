import {constants} from 'node:fs'
import {access, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {homedir, arch as hostArch, release, tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {execa} from 'execa'
import * as z from 'zod'
import type {FoundTool} from '#engine'
import {makeDirectory, writeAtomically} from '#engine'
import type {MachineArch} from '../machine-options.ts'

/** What executes the guest: the processor, or QEMU's translator. */
export type Accelerator = 'kvm' | 'tcg'

/** Timeout of the probe, in milliseconds. A real processor takes 0.1 s, mostly to start QEMU. */
const probeLimitMs = 2000

/** Default path of the cached answer (XDG Base Directory Specification). */
export const defaultProbeCache = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haos-build', 'kvm.json')

/**
 * Chooses KVM if it works, otherwise TCG.
 *
 * The existence of /dev/kvm says little: inside some virtual machines it opens, creates a machine, and then
 * emulates each instruction so slowly that a guest seems to hang. So a guest of a few instructions must
 * do some work in time. The answer holds until the next boot of this host.
 */
export async function chooseAccelerator(
  arch: MachineArch,
  {path, version}: FoundTool,
  cacheFile: string = defaultProbeCache(),
): Promise<Accelerator> {
  if (arch === 'arm' || hostArch() !== {amd64: 'x64', arm64: 'arm64'}[arch]) return 'tcg'
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch {
    return 'tcg'
  }
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const key = [boot.trim(), release(), path, version].join(' ')
  const known = await readAnswer(cacheFile)
  if (known?.key === key) return known.works ? 'kvm' : 'tcg'
  const works = await runsGuest(arch, path, 'kvm')
  await writeAnswer(cacheFile, {key, works})
  return works ? 'kvm' : 'tcg'
}

/** Whether the probe guest does its work in time. */
export async function runsGuest(
  arch: Exclude<MachineArch, 'arm'>,
  qemu: string,
  accelerator: Accelerator,
  limitMs = probeLimitMs,
): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'haos-probe-'))
  try {
    const rom = join(directory, 'rom')
    await writeFile(rom, probes[arch].rom())
    const {exitCode} = await execa(
      qemu,
      [
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-m', '16', '-accel', accelerator, '-bios', rom],
        ...['-cpu', accelerator === 'kvm' ? 'host' : 'max'],
        ...probes[arch].args,
      ],
      {stdio: 'ignore', reject: false, timeout: limitMs, forceKillAfterDelay: false, killSignal: 'SIGKILL'},
    )
    return exitCode === probes[arch].exitCode
  } finally {
    await rm(directory, {recursive: true, force: true})
  }
}

/** Guests that count down and then end QEMU with a distinct status. */
const probes = {
  amd64: {
    args: ['-machine', 'pc', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
    // isa-debug-exit exits with (value << 1) | 1.
    exitCode: (0x2a << 1) | 1,
    rom() {
      const rom = Buffer.alloc(0x10000)
      Buffer.from([
        ...[0x66, 0xb9, 0x80, 0xf0, 0xfa, 0x02], // mov ecx, 50_000_000
        ...[0x66, 0x49], // dec ecx
        ...[0x75, 0xfc], // jnz to the dec
        ...[0xb0, 0x2a, 0xe6, 0xf4], // mov al, 0x2a; out 0xf4, al
        ...[0xf4], // hlt
      ]).copy(rom)
      // The processor starts 16 bytes below the end: jmp to the beginning, which wraps around in 16 bits.
      Buffer.from([0xe9, 0x0d, 0x00]).copy(rom, 0xfff0)
      return rom
    },
  },
  arm64: {
    args: ['-machine', 'virt'],
    exitCode: 0,
    rom() {
      const rom = Buffer.alloc(0x10000)
      const code = [
        0x52896801, // movz w1, #0x4b40
        0x72a00981, // movk w1, #0x4c, lsl 16 (5_000_000: without caches each step takes longer)
        0x71000421, // subs w1, w1, #1
        0x54ffffe1, // b.ne to the subs
        0x52800100, // movz w0, #0x0008
        0x72b08000, // movk w0, #0x8400, lsl 16 (PSCI SYSTEM_OFF)
        0xd4000002, // hvc #0
        0x14000000, // b to itself
      ]
      for (const [index, word] of code.entries()) rom.writeUInt32LE(word, index * 4)
      return rom
    },
  },
} as const satisfies Record<Exclude<MachineArch, 'arm'>, {args: readonly string[]; exitCode: number; rom(): Buffer}>

const Answer = z.object({key: z.string(), works: z.boolean()})
type Answer = z.output<typeof Answer>

async function readAnswer(file: string): Promise<Answer | undefined> {
  try {
    return Answer.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return undefined
  }
}

/** An unwritable cache costs two seconds the next time, and is no reason to fail. */
async function writeAnswer(file: string, answer: Answer): Promise<void> {
  try {
    await makeDirectory(dirname(file))
    await writeAtomically(file, JSON.stringify(answer))
  } catch {}
}
