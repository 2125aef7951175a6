import {execa} from 'execa'

/**
 * Options that concern how a mirror is reached: proxies, certificates, time-outs. All others are ours: which indexes are wanted,
 * whether they must be signed, how old they may be and how large they may be does not depend on the build machine.
 */
const transfer = /^Acquire::(?:https?::(?!AllowRedirect)|Retries\b|ForceIPv[46]\b|Connect::|tor\b|socks\w*::)/i

/** How this machine's apt reaches mirrors (`Acquire::` of apt.conf(5)). Empty if apt is not configured. */
export async function hostAcquireOptions(signal: AbortSignal): Promise<readonly string[]> {
  const {stdout} = await execa('apt-config', ['dump', 'Acquire'], {
    env: {LC_ALL: 'C'},
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
  })
  return stdout.split('\n').filter((line) => transfer.test(line))
}
