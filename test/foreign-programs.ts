import {existsSync} from 'node:fs'
import {$} from 'zx'
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

/**
 * Has the kernel run programs of other processors by qemu-user, as far as it lets us.
 *
 * A machine that was just installed, or a container, has the emulators and does not know them before it boots again.
 */
export async function registerForeignPrograms(): Promise<void> {
  if (process.getuid?.() !== 0 || whyNoPrograms('arm64') === undefined) return
  const formats = '/proc/sys/fs/binfmt_misc'
  const attempt = $({quiet: true, nothrow: true})
  if (!existsSync(`${formats}/register`)) await attempt`mount -t binfmt_misc binfmt_misc ${formats}`
  await attempt`update-binfmts --enable`
}
