import {kubernetesState} from '../kubernetes/state.ts'
import type {CommandContext} from './command-context.ts'

/** Exit status while Kubernetes is not ready. */
const notReady = 3

/**
 * Prints how far Kubernetes has come on this node. Returns 0 if it is ready, otherwise 3.
 *
 * Only root can ask it, so this runs again as root where that needs no password.
 */
export function kubernetesCommand({host, identity, print}: CommandContext): number {
  const asRoot = (host.lstat('/proc/self/status')?.uid ?? 0) === 0
  if (!asRoot) {
    const sudo = host.lstat('/usr/bin/sudo') === undefined ? 'doas' : 'sudo'
    const again = [sudo, '-n', `/usr/bin/${identity.name}`, 'kubernetes']
    const {status, stdout} = host.run(['sh', '-c', 'exec "$@" 2>/dev/null', 'sh', ...again])
    if (status === 0 || status === notReady) {
      print(stdout.trimEnd())
      return status
    }
  }
  const {isReady, text} = kubernetesState(host, identity, {asRoot})
  print(text)
  return isReady ? 0 : notReady
}
