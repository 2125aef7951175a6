import type {Arch} from '#dsl'

/** Debian's names of the architectures. */
const names: Readonly<Record<Arch, string>> = {amd64: 'amd64', arm64: 'arm64', arm: 'armhf'}

/** Debian's name of an architecture (deb-control(5), `Architecture`). */
export const debianArch = (arch: Arch): string => names[arch]
