import type {Machine} from '../../machine/machine.ts'
import {patience} from './subject.ts'

/** Logs in on an installed node of the test recipe. */
export const logIn = (machine: Machine): Promise<void> =>
  machine.login({user: 'rancher', password: 'geheim', ...patience})

/** By what others know a machine: its machine id and its ssh host key. */
export async function identityOf(machine: Machine): Promise<string> {
  await machine.waitUntilSucceeds('sudo test -s /var/lib/ssh/ssh_host_ed25519_key.pub', patience)
  return machine.succeed('cat /etc/machine-id; sudo cat /var/lib/ssh/ssh_host_ed25519_key.pub')
}

/** Asserts what must hold on every node after a power cut. Returns its identity. */
export async function examineNode(machine: Machine): Promise<string> {
  await logIn(machine)
  await machine.waitUntilSucceeds('grep runtime /run/phases', patience)
  const identity = await identityOf(machine)
  await assertFacts(machine, facts)
  return identity
}

/** Runs a script that checks facts, and prints the one that does not hold. Throws an Error with it. */
export async function assertFacts(machine: Machine, script: string): Promise<void> {
  const {status, output} = await machine.run(script, patience)
  if (status !== 0) throw new Error(output || `status ${status}`)
}

const facts = `fail() { echo "$@"; exit 1; }
[ "$(cat /run/phases)" = "$(printf 'initrd\\nboot\\nruntime')" ] || fail "phases: $(cat /run/phases)"
[ "$(cat /run/haos/mode) $(hostname)" = 'disk baked' ] || fail "$(cat /run/haos/mode) $(hostname)"
grep -qx '[0-9a-f]\\{32\\}' /etc/machine-id || fail "machine-id: $(cat /etc/machine-id)"
[ "$(sudo ssh-keygen -y -f /var/lib/ssh/ssh_host_ed25519_key) " = "$(sudo cat /var/lib/ssh/ssh_host_ed25519_key.pub)" ] || fail 'the ssh host key and its public half differ'
haos config status || fail 'the configuration has problems'
if grep -E 'damaged|in its place|can only be read' /etc/issue; then exit 1; fi
sudo rc-status --crashed && fail 'a service has crashed'
sudo grep -q 'hostname: baked' /haos/system/config.yaml || fail 'config.yaml is not whole'
exit 0`
