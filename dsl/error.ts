/**
 * Every code we print, with the exit status it leads to.
 *
 * 2: the request (recipe, config, flags). 3: the inputs (lock, packages, downloads).
 * 4: this machine (tools, disk, virtual machine). Codes and statuses are stable, wording is not.
 */
export const errorCodes = {
  RECIPE_NOT_FOUND: 2,
  RECIPE_INVALID: 2,
  INPUT_INVALID: 2,
  CONFIG_INVALID: 2,
  PATH_CONFLICT: 2,
  TARGET_UNKNOWN: 2,
  USAGE_INVALID: 2,
  LOCK_MISSING: 3,
  LOCK_STALE: 3,
  LOCK_INVALID: 3,
  PACKAGE_NOT_FOUND: 3,
  PACKAGE_CONFLICT: 3,
  PACKAGE_DOWNGRADED: 3,
  PACKAGE_INVALID: 3,
  SIGNATURE_INVALID: 3,
  DIGEST_MISMATCH: 3,
  DOWNLOAD_FAILED: 3,
  DOWNLOAD_GONE: 3,
  OFFLINE: 3,
  ARTIFACT_INVALID: 3,
  IMAGE_UNSOUND: 3,
  NOT_REPRODUCED: 3,
  TOOL_MISSING: 4,
  TOOL_TOO_OLD: 4,
  TOOL_FAILED: 4,
  TOOL_ENDLESS: 4,
  DISK_FULL: 4,
  STORE_UNUSABLE: 4,
  OUTPUT_NOT_WRITABLE: 4,
  REGISTRY_REFUSED: 4,
  HOST_UNSUPPORTED: 4,
  MACHINE_FAILED: 4,
  MACHINE_TIMEOUT: 4,
  INTERRUPTED: 130,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof errorCodes

/** One mistake in a value, and its position. */
export interface Problem {
  /** Path of the value, such as `parts[2].mode`; empty for the whole. */
  readonly path: string
  /** What is wrong, as the continuation of a sentence that begins with the path. */
  readonly message: string
  /** What to do about it, as one imperative sentence. */
  readonly hint?: string | undefined
}

export interface ErrorDetails {
  /** What to do next, as one imperative sentence. Required: a failure without one is not understood. */
  readonly hint: string
  /** The subject: a path in the recipe, a file, a step. */
  readonly at?: string | undefined
  /** The recipe file, if several are used at once. */
  readonly recipe?: string | undefined
  /** Every single problem, if several were found at once. */
  readonly problems?: readonly Problem[] | undefined
  /** The last lines of a tool's output. */
  readonly output?: string | undefined
  /** Path of the tool's complete log. */
  readonly log?: string | undefined
  /** A command that reproduces the failure when pasted. */
  readonly command?: string | undefined
  readonly cause?: unknown
}

/**
 * A failure that the user can act on.
 *
 * Any other error that reaches the command line is a bug in haos-build: it is printed with
 * its stack and a request to report it.
 */
export class HaosError extends Error {
  override readonly name: string = 'HaosError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause})
    this.code = code
    this.details = details
  }

  get hint(): string {
    return this.details.hint
  }

  get exitStatus(): number {
    return errorCodes[this.code]
  }
}
