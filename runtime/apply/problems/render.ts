import type {ConfigProblem} from '../../config/problem.ts'

/** A problem as one line: where, what, why, what next. */
export function renderProblem({source, line, column, path, message, hint}: ConfigProblem): string {
  const place = line === undefined ? source : column === undefined ? `${source}:${line}` : `${source}:${line}:${column}`
  return `${place}: ${path === '' ? '' : `${path} `}${message}${hint === undefined ? '' : ` (${hint})`}`
}
