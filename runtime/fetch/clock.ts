import type {Host} from '../host/host.ts'

/** What OpenSSL and GnuTLS say of a certificate outside its lifetime, as curl passes it on. */
const offTime = /certificate (?:is not yet valid|has expired)|(?:not yet activated|expired)/i

/** Waits for a time server, at most once per boot, and executes the program after it. */
const afterClock = ['/usr/libexec/after-clock', 'true']
const wasWaitedFor = '/run/clock-was-waited-for'

/** Whether TLS failed because of the time: a certificate that is not valid yet, or has expired. */
export const isAboutTime = (error: string): boolean => offTime.test(error)

/** Waits until a time server has set the clock, at most once per boot. Returns whether it has waited. */
export function waitForClock(host: Host): boolean {
  if (host.lstat(wasWaitedFor) !== undefined) return false
  return host.run(afterClock, {output: 'discard'}).status === 0
}

/** The reason of a failed request, with the time of the clock if that is what may be wrong. */
export function explainFailure(error: string, now = new Date()): string {
  if (!isAboutTime(error)) return error
  const time = now.toISOString().slice(0, 16).replace('T', ' ')
  return `${error}. The clock of this node says ${time} UTC: if that is wrong, set it, or name a time server in ntp_servers`
}
