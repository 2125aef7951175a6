import type {Identity} from '#dsl'
import type {Host} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'

/** Shows the number of problems above the login prompt (issue(5)), or removes the line if there are none. */
export function updateIssue(host: Host, {name, title}: Identity, count: number): void {
  const before = host.read('/etc/issue') ?? ''
  const own = new RegExp(`^${title}: \\d+ problems? in the configuration`)
  const lines = before.split('\n').filter((line) => !own.test(line))
  const kept = lines.join('\n')
  const problems = count === 1 ? '1 problem' : `${count} problems`
  const line = `${title}: ${problems} in the configuration. Log in and run: sudo ${name} config status`
  const after = count === 0 ? kept : `${kept.replace(/\n+$/, '')}\n${line}\n\n`.replace(/^\n/, '')
  if (after !== before) writeIfChanged(host, '/etc/issue', after)
}
