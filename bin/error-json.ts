import {HaosError, redactText} from '#dsl'
import {causeText} from './render-error.ts'

/** An error as the JSON document that `--json` prints, without secrets. */
export function errorJson(error: unknown): unknown {
  if (!(error instanceof HaosError)) return {type: 'error', code: 'BUG', message: redactText(String(error))}
  const {cause, problems, ...details} = error.details
  const reason = details.output === undefined ? causeText(cause) : undefined
  const shown = Object.entries(details).map(([key, value]) => [key, value === undefined ? value : redactText(value)])
  return {
    type: 'error',
    code: error.code,
    message: redactText(error.message),
    ...Object.fromEntries(shown),
    ...(reason !== undefined && {cause: redactText(reason)}),
    ...(problems && {problems: problems.map((problem) => ({...problem, message: redactText(problem.message)}))}),
  }
}
