/**
 * Handles a closed pipe on standard output or error.
 *
 * Drops progress on standard error. A result that nobody reads ends the program as SIGPIPE would (signal(7)), so that
 * a script does not mistake it for success.
 */
export function handleClosedPipes(): void {
  // Replaces oclif's listener, which throws anything other than EPIPE.
  process.stdout.removeAllListeners('error')
  process.stderr.removeAllListeners('error').on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(128 + 13)
    process.stderr.write(`✗ the result cannot be printed: ${error.message}\n`)
    process.exit(4)
  })
}
