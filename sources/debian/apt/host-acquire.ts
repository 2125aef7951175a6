import {execa} from 'execa'

/**
 * Options for reaching a mirror: proxies, certificates, timeouts. No others are taken from the build machine: it must not
 * decide which indexes are fetched, whether they must be signed, or how old and how large they may be.
 */
const transfer = /^Acquire::(?:https?::(?!AllowRedirect)|Retries\b|ForceIPv[46]\b|Connect::|tor\b|socks\w*::)/i

/** The options by which the build machine's apt reaches mirrors (`Acquire::` of apt.conf(5)). Empty if apt is not configured. */
export async function hostAcquireOptions(signal: AbortSignal): Promise<readonly string[]> {
  const {stdout} = await execa('apt-config', ['dump', 'Acquire'], {
    env: {LC_ALL: 'C'},
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
  })
  return stdout.split('\n').filter((line) => transfer.test(line))
}
