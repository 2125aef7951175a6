import type {KeyPath} from '../problem.ts'
import type {SourceReport} from './source-report.ts'

/**
 * Whether the owner of a file exists, where the accounts of the image are known. The node looks when it writes the file: a
 * command may have made the account.
 */
export function checkOwner(item: ReadonlyMap<string, unknown>, path: KeyPath, report: SourceReport): boolean {
  const {accounts} = report
  const owner = item.get('owner')
  if (accounts === undefined || typeof owner !== 'string' || owner === '') return true
  // The dot is the former separator (chown(1)).
  const names = accounts.has(owner) ? [owner] : owner.split(owner.includes(':') ? ':' : '.')
  const strange = names.find((name) => name !== '' && !/^\d+$/.test(name) && !accounts.has(name))
  if (strange === undefined) return true
  report.add([...path, 'owner'], `is unknown: no image has the account ${JSON.stringify(strange)} by itself`, {
    hint: 'Name the accounts of your image with --account, or write a number.',
  })
  return false
}
