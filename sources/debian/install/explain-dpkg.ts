import {HaosError} from '#dsl'
import type {DpkgProgress} from './dpkg-progress.ts'

/** The error for a failed run of dpkg, which names the packages at fault; any other error unchanged. */
export function explainDpkg(error: unknown, progress: DpkgProgress): unknown {
  if (!(error instanceof HaosError)) return error
  const {at, output, log, command, hint} = error.details
  if (error.code === 'TOOL_ENDLESS') {
    const {current} = progress
    const whose = current === undefined ? 'the packages' : `the package ${current.name}`
    return new HaosError('TOOL_ENDLESS', `a script of ${whose} does not end`, {
      at,
      output: current?.output.join('\n') ?? output,
      log,
      command,
      hint,
      cause: error,
    })
  }
  if (error.code !== 'TOOL_FAILED') return error
  const {failed} = progress
  const [first] = failed
  return new HaosError('TOOL_FAILED', `dpkg could not configure ${renderNames(failed.map(({name}) => name))}`, {
    hint:
      first === undefined
        ? 'Look for the first error in the log.'
        : `Leave ${first.name} out, or choose another version; what its scripts print is in the log.`,
    at,
    problems: failed.map(({name, reason}) => ({path: name, message: reason})),
    // Without words of the script, those of dpkg must do.
    output: first === undefined || first.output.length === 0 ? output : first.output.join('\n'),
    log,
    command,
    cause: error,
  })
}

const renderNames = (names: readonly string[]): string => {
  if (names.length === 0) return 'the packages'
  const list = new Intl.ListFormat('en').format([...new Set(names)])
  return `the package${names.length === 1 ? '' : 's'} ${list}`
}
