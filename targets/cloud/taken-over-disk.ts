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
    summary: 'installs the system over the one of another image, in a virtual machine',
    inputs: {iso: 'file', installer: 'file'},
    output: 'file',
    options: z.strictObject({
      /** Digest of the other image: of a Linux with cloud-init, GRUB and ext4 as its root. */
      base: Sha256,
      /** Size of the disk that is made. */
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
        // What it installs is all that it needs: nothing of the network can get into the image.
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
        // The next boot deletes the rest, and switches off.
        await machine.waitFor('Powering off.', {timeoutMs: 30 * minutes})
        await machine.waitForExit({timeoutMs: 10 * minutes})
      } finally {
        signal.removeEventListener('abort', stop)
      }
      await rename(disk, output)
    },
  })

/** A disk with another system becomes one with ours, by architecture. The other one installs it over itself, as `install.sh --takeover` does. */
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
      hint: 'Leave the image alone during a build, and run it again.',
    })
  }
  const {size} = await stat(disk)
  if (size > sizeBytes) {
    throw new HaosError('INPUT_INVALID', `the disk in ${input} has ${size} bytes, more than the ${sizeBytes} wanted`, {
      at: '--size',
      hint: `Write --size ${Math.ceil(size / (1024 * MiB))}G.`,
    })
  }
  await truncate(disk, sizeBytes)
}
