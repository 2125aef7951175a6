import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {flush, handle, run, settings} from '@oclif/core'
import {HaosError} from '#dsl'
import {handleClosedPipes} from './closed-pipes.ts'
import {commands} from './commands/index.ts'
import {endProgram} from './end-program.ts'
import {renderError} from './render-error.ts'
import {handleStrayErrors} from './stray-errors.ts'
import {asUnknownCommand} from './unknown-command.ts'

// Node runs TypeScript directly; oclif must not look for a compiler.
settings.enableAutoTranspile = false

handleClosedPipes()
handleStrayErrors()

const repository = dirname(dirname(fileURLToPath(import.meta.url)))
try {
  await run(process.argv.slice(2), repository)
  await flush()
  await endProgram()
} catch (thrown) {
  const error = asUnknownCommand(thrown, Object.keys(commands))
  // Commands print their own errors; this error precedes any command.
  if (error instanceof HaosError) {
    const {code, message, hint, exitStatus} = error
    if (process.argv.some((word) => word === '--json' || word === '--events'))
      process.stdout.write(`${JSON.stringify({type: 'error', code, message, hint})}\n`)
    else process.stderr.write(renderError(error, ''))
    process.exitCode = exitStatus
  } else {
    await handle(error instanceof Error ? error : new Error(String(error)))
  }
}
