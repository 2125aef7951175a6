import {matchesGlob, posix} from 'node:path'
import {parseKernelConfig} from '#dsl'
import type {FirmwareRecord} from './firmware-record.ts'

/** Firmware files that a module asks for and the image lacks. */
export interface MissingFirmware {
  /** Path below `/usr/lib/modules/VERSION`, or the name of a module that is built in. */
  readonly module: string
  /** Paths or globs below `/usr/lib/firmware`. */
  readonly files: readonly string[]
}

/**
 * Firmware that the image lacks, by module. Pure.
 *
 * A compressed file counts if the kernel can read it (`FW_LOADER_COMPRESS_*`), or if its configuration is unknown. A glob is missing if
 * no file matches. Modules name every file that any revision of a device needs, so that few machines need all of them.
 */
export function missingFirmware(
  {asked, files, links}: FirmwareRecord,
  config: string | undefined,
): readonly MissingFirmware[] {
  const suffixes = readableSuffixes(config)
  const targets = new Map(links.map(({path, target}) => [path, target]))
  const contents = new Set(files)
  // The kernel looks for the plain name first, then for the compressed ones.
  const isPresent = (path: string) =>
    suffixes.some((suffix) => contents.has(follow(`${path}${suffix}`, targets) ?? '')) ||
    (/[*?[]/.test(path) && isMatched(path))
  const names = [...files, ...targets.keys()]
  const isMatched = (glob: string) =>
    suffixes.some((suffix) => {
      const pattern = `${follow(posix.dirname(glob), targets) ?? ''}/${posix.basename(glob)}${suffix}`
      return names.some((name) => matchesGlob(name, posix.normalize(pattern)))
    })
  return asked.flatMap(({module, files: wanted}) => {
    const missing = wanted.filter((path) => !isPresent(path))
    return missing.length === 0 ? [] : [{module, files: missing}]
  })
}

function readableSuffixes(config: string | undefined): readonly string[] {
  if (config === undefined) return ['', '.zst', '.xz']
  const options = parseKernelConfig(config)
  return [
    '',
    ...(options.get('FW_LOADER_COMPRESS_ZSTD') === 'y' ? ['.zst'] : []),
    ...(options.get('FW_LOADER_COMPRESS_XZ') === 'y' ? ['.xz'] : []),
  ]
}

/** Links that Linux follows in one path (path_resolution(7)). */
const maxLinks = 40

/** The path that remains when all links in it are followed; undefined if it leads out of the directory or in a circle. */
function follow(path: string, targets: ReadonlyMap<string, string>): string | undefined {
  let rest = posix.normalize(path)
  for (let followed = 0; followed <= maxLinks; followed++) {
    const words = rest.split('/')
    const length = words.findIndex((_, index) => targets.has(words.slice(0, index + 1).join('/'))) + 1
    if (length === 0) return rest.startsWith('../') ? undefined : rest
    const link = words.slice(0, length).join('/')
    rest = posix.join(below(targets.get(link) ?? '', posix.dirname(link)), ...words.slice(length))
  }
  return undefined
}

/** A link's target as a path below the directory of firmware. */
const below = (target: string, directory: string): string =>
  target.startsWith('/')
    ? posix.relative('/usr/lib/firmware', target.replace(/^\/lib\//, '/usr/lib/'))
    : posix.join(directory, target)
