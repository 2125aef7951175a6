import {execa} from 'execa'

/** Options that concern which indexes are wanted, whether they must be signed, or what is printed: ours, not the machine's. */
const ours =
  /^Acquire::(?:Allow\w+Repositories|IndexTargets|Changelogs|cdrom|Languages|GzipIndexes|ForceHash|CompressionTypes|By-Hash|PDiffs)\b/

/**
 * How this machine's apt reaches mirrors (`Acquire::` of apt.conf(5)): proxies, certificates, how old a mirror may be.
 * Empty where apt is not set up.
 */
export async function hostAcquireOptions(signal: AbortSignal): Promise<readonly string[]> {
  const {stdout} = await execa('apt-config', ['dump', 'Acquire'], {
    env: {LC_ALL: 'C'},
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
  })
  return stdout.split('\n').filter((line) => line.startsWith('Acquire::') && !ours.test(line))
}
