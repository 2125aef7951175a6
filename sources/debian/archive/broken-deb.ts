import {HaosError} from '#dsl'

/** A package file, and the package's name in messages. */
export interface DebArchive {
  /** Host path of the .deb. */
  readonly path: string
  /** Pinned name and version. */
  readonly label: string
}

/** The error for a package file that is truncated, damaged, no package, or unsafe to install. */
export const brokenDeb = ({label, path}: DebArchive, problem: string, output?: string): HaosError =>
  new HaosError('PACKAGE_INVALID', `${label} is not a valid package: ${problem}`, {
    at: path,
    hint: 'Check what the mirror serves, and leave the package out or run `haos-build lock --update`.',
    output,
  })
