import {rename, stat, truncate} from 'node:fs/promises'
import {join} from 'node:path'
import * as z from 'zod'
import {HaosError, Sha256} from '#dsl'
import {defineStep, digestOfFile} from '#engine'
import {diskFormatOf} from '#formats'
import type {MachineArch} from '#machine'
import {Machine} from '#machine'
import {mcopy, mkfsFat, qemuImgToRaw, qemuSystem} from '#tools'
import {isoSerial, makeTakeoverSeed, refusal} from './takeover-seed.ts'

const minutes = 60_000
const MiB = 2 ** 20

const takenOver = (arch: MachineArch) =>
  defineStep({
    kind: `taken-over-disk-${arch}`,
    revision: 2,
    summary: 'installs the system over that of another image, in a virtual machine',
    inputs: {iso: 'file', installer: 'file'},
    output: 'file',
    options: z.strictObject({
      /** Digest of the other image: a Linux with cloud-init, GRUB and an ext4 root. */
      base: Sha256,
      /** Size of the resulting disk. */
      sizeBytes: z.number().int().positive(),
    }),
    tools: [qemuSystem[arch], qemuImgToRaw, mkfsFat, mcopy],
    async run({inputs, options: {base, sizeBytes}, output, scratch, signal, tool, file}) {
      const disk = join(scratch, 'disk.raw')
      await copyBase(file(base), {
        base,
        sizeBytes,
        disk,
        convert: (from) => tool(qemuImgToRaw, {...from, output: disk}),
      })
      const seed = join(scratch, 'seed.img')
      const terminal = arch === 'arm64' ? 'ttyAMA0' : 'ttyS0'
      await makeTakeoverSeed(seed, {installer: inputs.installer, terminal, scratch, tool})
      await using machine = await Machine.start({
        arch,
        disks: [
          {file: disk, format: 'raw'},
          {file: seed, format: 'raw'},
          {file: inputs.iso, format: 'raw', snapshot: true, serial: isoSerial},
        ],
        // The installation needs no network, and without one nothing from it can get into the image.
        network: {restrict: true},
        memoryMiB: 2048,
        cpus: 2,
        failOn: [new RegExp(`${refusal} .*`), /Failed to start cloud-final/],
      })
      const stop = () => void machine.powerCut()
      signal.addEventListener('abort', stop, {once: true})
      try {
        signal.throwIfAborted()
        await machine.waitFor('is installed on /dev/', {timeoutMs: 60 * minutes})
        // The next boot deletes the old system and powers the machine off.
        await machine.waitFor('Powering off.', {timeoutMs: 30 * minutes})
        await machine.waitForExit({timeoutMs: 10 * minutes})
      } finally {
        signal.removeEventListener('abort', stop)
      }
      await rename(disk, output)
    },
  })

/** Steps that replace another system on a disk with ours, by architecture: the other system runs `install.sh --takeover`. */
export const takenOverDisk = {amd64: takenOver('amd64'), arm64: takenOver('arm64')} as const

interface BaseCopy {
  readonly base: string
  readonly sizeBytes: number
  readonly disk: string
  convert(from: {readonly input: string; readonly format: string}): Promise<unknown>
}

async function copyBase(input: string, {base, sizeBytes, disk, convert}: BaseCopy): Promise<void> {
  const format = await diskFormatOf(input)
  await convert({input, format})
  if ((await digestOfFile(input)) !== base) {
    throw new HaosError('DIGEST_MISMATCH', `${input} changed while it was being taken over`, {
      at: input,
      hint: 'Do not write to the image during a build, and run the command again.',
    })
  }
  const {size} = await stat(disk)
  if (size > sizeBytes) {
    throw new HaosError(
      'INPUT_INVALID',
      `the disk in ${input} is ${size} bytes, more than the requested ${sizeBytes}`,
      {
        at: '--size',
        hint: `Write --size ${Math.ceil(size / (1024 * MiB))}G.`,
      },
    )
  }
  await truncate(disk, sizeBytes)
}
