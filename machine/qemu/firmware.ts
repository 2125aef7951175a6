import {access} from 'node:fs/promises'
import {HaosError} from '#dsl'
import {type UefiFirmware, uefiBuilds} from '#tools'
import type {MachineArch} from '../machine-options.ts'

/** Finds the UEFI firmware for an architecture. Fails with TOOL_MISSING and the package that provides it. */
export async function findUefiFirmware(arch: MachineArch, candidates = uefiBuilds[arch].files): Promise<UefiFirmware> {
  for (const firmware of candidates) {
    try {
      await Promise.all([access(firmware.code), access(firmware.variables)])
      return firmware
    } catch {}
  }
  throw new HaosError('TOOL_MISSING', `UEFI firmware for ${arch} is required to boot a machine, but is not installed`, {
    hint: `Install the package ${uefiBuilds[arch].package}. \`haos-build doctor\` lists every tool that is used.`,
  })
}
