import {type Disk, renderDisk} from './disks.ts'

/** Why no disk was chosen; if several match, with all of them. */
export class NoDisk extends Error {
  readonly candidates: readonly Disk[]

  constructor(message: string, candidates: readonly Disk[] = []) {
    super([message, ...candidates.map((disk) => `  ${renderDisk(disk)}`)].join('\n'))
    this.candidates = candidates
  }
}

/** Disks that a system may be installed on: neither read-only nor in use, as the boot medium is. */
export const usableDisks = (disks: readonly Disk[]): Disk[] =>
  disks.filter(({readOnly, virtual, usedBy}) => !readOnly && !virtual && usedBy.length === 0)

/**
 * Chooses the one disk that the selector matches. Pure. Throws NoDisk if none matches or several do.
 *
 * Without a selector it is the only usable disk. `resolve` follows the symlinks below /dev/disk; it returns more than
 * one path if udev made the same symlink for several devices.
 */
export function chooseDisk(
  disks: readonly Disk[],
  selector: string | undefined,
  resolve: (path: string) => readonly string[] = (path) => [path],
): Disk {
  const usable = usableDisks(disks)
  if (selector === undefined) return only(usable, 'no disk was named (install.device)')
  if (selector.startsWith('/')) {
    const paths = resolve(selector)
    const meant = disks.filter(({path}) => paths.includes(path))
    return meant.length > 1 ? only(meant, `device ${selector}`) : named(disks, selector, paths[0] ?? selector)
  }
  const bySize = usable.toSorted((a, b) => a.sizeBytes - b.sizeBytes)
  if (/^smallest$/i.test(selector)) return only(sameSize(bySize, bySize[0]), `device ${selector}`)
  if (/^largest$/i.test(selector)) return only(sameSize(bySize, bySize.at(-1)), `device ${selector}`)
  const [, key = '', value = ''] = /^(serial|model|size>?)=(.*)$/i.exec(selector) ?? []
  switch (key.toLowerCase()) {
    case 'serial':
      return only(
        usable.filter(({serial = ''}) => sameText(serial, value)),
        `device ${selector}`,
      )
    case 'model':
      return only(
        usable.filter(({model = ''}) => sameText(model, value)),
        `device ${selector}`,
      )
    case 'size>':
      return only(
        usable.filter(({sizeBytes}) => sizeBytes >= parseBytes(value)),
        `device ${selector}`,
      )
    default:
      throw new NoDisk(`${JSON.stringify(selector)} is not a way to choose a disk`, usable)
  }
}

function only(found: readonly Disk[], asked: string): Disk {
  const [first, ...more] = found
  if (first === undefined) throw new NoDisk(`${asked}: there is no such disk that is usable`)
  if (more.length > 0) throw new NoDisk(`${asked}: ${found.length} disks match`, found)
  return first
}

function named(disks: readonly Disk[], selector: string, path: string): Disk {
  const disk = disks.find((each) => each.path === path)
  if (disk === undefined) {
    const whole = disks.find(({partitions}) => partitions.some((part) => part.path === path))
    throw new NoDisk(
      whole
        ? `${selector} is a partition: name the whole disk ${whole.path}, or use no_format`
        : `there is no disk ${selector}`,
      whole ? [] : usableDisks(disks),
    )
  }
  if (disk.readOnly) throw new NoDisk(`${selector} cannot be written`)
  if (disk.usedBy.length > 0) throw new NoDisk(`${selector} is in use: ${disk.usedBy.join(', ')}`)
  return disk
}

const sameSize = (disks: readonly Disk[], as: Disk | undefined): Disk[] =>
  disks.filter(({sizeBytes}) => sizeBytes === as?.sizeBytes)

/**
 * Blanks and underscores are equal: udev writes models with underscores, and they are easier to write on a kernel
 * command line.
 */
const sameText = (a: string, b: string): boolean => plain(a) === plain(b)
const plain = (value: string): string =>
  value
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, ' ')

/**
 * `100G`, `100GB`: decimal, as on the label of a disk; `100GiB`: binary. NaN, which matches no disk, for anything else.
 */
function parseBytes(value: string): number {
  const [, digits = '', unit = '', binary] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?$/i.exec(value.trim()) ?? []
  const power = ['', 'K', 'M', 'G', 'T'].indexOf(unit.toUpperCase())
  return digits === '' ? Number.NaN : Number(digits) * (binary ? 1024 : 1000) ** power
}
