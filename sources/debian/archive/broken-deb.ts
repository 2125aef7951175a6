import {HaosError} from '#dsl'

/** A package file, and what messages call the package. */
export interface DebArchive {
  /** Host path of the .deb. */
  readonly path: string
  /** Pinned name and version. */
  readonly label: string
}

/** The error for a package file that is cut, damaged, no package, or one that no package manager should take. */
export const brokenDeb = ({label, path}: DebArchive, problem: string, output?: string): HaosError =>
  new HaosError('PACKAGE_INVALID', `${label} is not a sound package: ${problem}`, {
    at: path,
    hint: 'Find out what the mirror serves, and leave the package out or run `haos-build lock --update`.',
    output,
  })
