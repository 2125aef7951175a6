/** The name of a failed system call's error, such as `ENOENT` (errno(3)); undefined for other errors. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
