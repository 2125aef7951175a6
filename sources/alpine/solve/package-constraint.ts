import {HaosError} from '#dsl'
import {ANY_VERSION, isValidVersion, parseComparison, SAME_CHECKSUM} from '../index/version.ts'

/** A package request: `[!]name[@tag][<=>~version]`, as in a line of `etc/apk/world`. */
export interface PackageConstraint {
  readonly text: string
  readonly name: string
  /** `!name`: it must not be installed. */
  readonly conflict: boolean
  readonly tag: string | undefined
  /** Bits of `Compare`. */
  readonly comparison: number
  readonly version: string | undefined
}

const form =
  /^(?<bang>!?)(?<name>[^\s<=>~@!][^\s<=>~@]*)(?:@(?<tag>[^\s<=>~@]+))?(?:(?<operator>[<=>~]+)(?<version>[^\s<=>~]\S*))?$/

/** Parses a request. Throws `INPUT_INVALID`. */
export function parseConstraint(text: string): PackageConstraint {
  const {bang, name, tag, operator, version} = form.exec(text)?.groups ?? {}
  const comparison = operator === undefined ? ANY_VERSION : parseComparison(operator)
  const isChecksum = operator !== undefined && (comparison & SAME_CHECKSUM) === SAME_CHECKSUM
  if (name === undefined || (version !== undefined && !isChecksum && !isValidVersion(version))) {
    throw new HaosError('INPUT_INVALID', `${JSON.stringify(text)} is not a package name with an optional version`, {
      hint: 'Write it as "name", "name=1.2-r0", "name>=1.2", "name~1.2", "name@tag" or "!name".',
    })
  }
  return {text, name, conflict: bang === '!', tag, comparison, version}
}
