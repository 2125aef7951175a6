import {existsSync} from 'node:fs'
import type {Arch} from '#dsl'

const machines = {
  amd64: {node: 'x64', qemu: 'x86_64'},
  arm64: {node: 'arm64', qemu: 'aarch64'},
  arm: {node: 'arm', qemu: 'arm'},
}

/** Says why programs of an architecture cannot be run here, or nothing if they can. */
export function whyNoPrograms(arch: Arch): string | undefined {
  const {node, qemu} = machines[arch]
  return process.arch === node || existsSync(`/proc/sys/fs/binfmt_misc/qemu-${qemu}`)
    ? undefined
    : `programs of ${arch} cannot be run: install qemu-user-static and binfmt-support`
}
