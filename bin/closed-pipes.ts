/**
 * Decides what happens when the reader of standard output or error has gone.
 *
 * Progress on standard error is dropped. A result without a reader ends the program as SIGPIPE ends others (signal(7)), so that
 * a script does not take it for done.
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
