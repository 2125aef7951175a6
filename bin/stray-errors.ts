import {writeSync} from 'node:fs'
import {HaosError} from '#dsl'
import {errorJson} from './error-json.ts'
import {hasFlag} from './has-flag.ts'
import {locationOf} from './import-recipe.ts'
import {renderError} from './render-error.ts'

/**
 * Reports an error that no command awaits: a recipe's timer or promise may fail at any time. It ends the program, which could
 * otherwise build from a recipe that only half ran.
 */
export function handleStrayErrors(): void {
  process.on('uncaughtException', (cause) => {
    const at = locationOf(cause, '')
    const error =
      at === undefined
        ? cause
        : new HaosError('RECIPE_INVALID', 'the recipe cannot be run', {
            at,
            hint: 'Catch the error of that timer or promise, or await it in the recipe.',
            cause,
          })
    // Written at once: the program ends here.
    if (['--json', '--events'].some((flag) => hasFlag(process.argv, flag)))
      writeSync(1, `${JSON.stringify(errorJson(error))}\n`)
    else writeSync(2, renderError(error, ''))
    process.exit(error instanceof HaosError ? error.exitStatus : 1)
  })
}
