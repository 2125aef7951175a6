import {existsSync} from 'node:fs'
import {$} from 'zx'
import type {Arch} from '#dsl'

const machines = {
  amd64: {node: 'x64', qemu: 'x86_64'},
  arm64: {node: 'arm64', qemu: 'aarch64'},
  arm: {node: 'arm', qemu: 'arm'},
}

/** Why programs of an architecture cannot run here; undefined if they can. */
export function whyNoPrograms(arch: Arch): string | undefined {
  const {node, qemu} = machines[arch]
  return process.arch === node || existsSync(`/proc/sys/fs/binfmt_misc/qemu-${qemu}`)
    ? undefined
    : `programs of ${arch} cannot be run: install qemu-user-static and binfmt-support`
}

/**
 * Registers qemu-user with the kernel for programs of other architectures, if it is allowed.
 *
 * A newly installed machine or a container has the emulators, but registers them only at its next boot.
 */
export async function registerForeignPrograms(): Promise<void> {
  if (process.getuid?.() !== 0 || whyNoPrograms('arm64') === undefined) return
  const formats = '/proc/sys/fs/binfmt_misc'
  const attempt = $({quiet: true, nothrow: true})
  if (!existsSync(`${formats}/register`)) await attempt`mount -t binfmt_misc binfmt_misc ${formats}`
  await attempt`update-binfmts --enable`
}
