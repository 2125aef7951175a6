import {defineApplier, outcomeOf} from '../applier.ts'
import {renderStatus} from '../host/host.ts'
import {writeIfChanged} from '../host/write-if-changed.ts'
import {encodeUtf8} from '../text/utf8.ts'

/** Longest name that the kernel takes, in bytes (sethostname(2), HOST_NAME_MAX). */
const longest = 64

/**
 * Names the node: the kernel, /etc/hostname, and 127.0.1.1 in /etc/hosts.
 *
 * Runs in every phase, because DHCP may have renamed it in between.
 */
export const hostname = defineApplier({
  name: 'hostname',
  keys: ['hostname'],
  select: (config) =>
    config.hostname === undefined || config.hostname === ''
      ? undefined
      : {name: config.hostname, isWritten: config.write_files?.some(({path}) => path === '/etc/hostname') ?? false},
  apply({name, isWritten}, {host}) {
    if (encodeUtf8(name).length > longest) throw new Error(`is longer than the ${longest} bytes that the kernel takes`)
    if (/[\r\n\0]/.test(name)) throw new Error('must be on one line')
    const running = host.read('/proc/sys/kernel/hostname')?.trim()
    if (running !== name) {
      const {status} = host.run(['hostname', ...(name.startsWith('-') ? ['--'] : []), name])
      if (status !== 0) throw new Error(`could not be set: hostname ${renderStatus(status)}`)
    }
    const hosts = renderHosts(host.read('/etc/hosts'), name)
    return outcomeOf(
      running !== undefined && running !== name,
      // A file that the user writes in the same phase is not written twice with different contents.
      !isWritten && writeIfChanged(host, '/etc/hostname', `${name}\n`),
      writeIfChanged(host, '/etc/hosts', hosts),
    )
  },
})

/** /etc/hosts with one line for the name, as Debian's policy has it: 127.0.1.1, apart from localhost. */
function renderHosts(found: string | undefined, name: string): string {
  const own = `127.0.1.1 ${name}`
  if (found === undefined) return `127.0.0.1 localhost\n${own}\n::1 localhost\n`
  const lines = found
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.trim())
  const isOwn = (line: string) => /^127\.0\.1\.1(?:\s|$)/.test(line)
  if (lines.some(isOwn)) return `${lines.map((line) => (isOwn(line) ? own : line)).join('\n')}\n`
  const local = lines.findLastIndex((line) => /^127\.0\.0\.1\s/.test(line))
  return `${lines.toSpliced(local + 1, 0, own).join('\n')}\n`
}
