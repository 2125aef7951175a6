import type {Arch} from '#dsl'

/** Alpine's names of the architectures. `arm` is armv7 with hardware floating point. */
export const alpineArch: Readonly<Record<Arch, string>> = {amd64: 'x86_64', arm64: 'aarch64', arm: 'armv7'}
