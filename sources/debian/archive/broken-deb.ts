import {HaosError} from '#dsl'

/** A package file, and the package's name in messages. */
export interface DebArchive {
  /** Host path of the .deb. */
  readonly path: string
  /** Pinned name and version, or the name of a file. */
  readonly label: string
  /** The label is a file's name: the recipe pins the file by its digest, and any package may be in it. Default: false. */
  readonly isFile?: boolean | undefined
}

/** The error for a package file that is truncated, damaged, no package, or unsafe to install. */
export const brokenDeb = ({label, path, isFile}: DebArchive, problem: string, output?: string): HaosError =>
  new HaosError('PACKAGE_INVALID', `${label} is not a valid package: ${problem}`, {
    at: path,
    hint: isFile
      ? 'Name another file and its digest in the recipe.'
      : 'Check what the mirror serves, and leave the package out or run `haos-build lock --update`.',
    output,
  })
