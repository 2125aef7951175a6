/**
 * Says what happens when nobody reads any more what is printed.
 *
 * Progress on standard error is done without. A result that nobody takes ends the program as SIGPIPE does others (signal(7)), so that
 * a script does not take it for done.
 */
export function handleClosedPipes(): void {
  // oclif's own, which throws what is not EPIPE, came before.
  process.stdout.removeAllListeners('error')
  process.stderr.removeAllListeners('error').on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(128 + 13)
    process.stderr.write(`✗ the result cannot be printed: ${error.message}\n`)
    process.exit(4)
  })
}
