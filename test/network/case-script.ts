import {deriveIdentity, shellQuote} from '#dsl'
import {readOneConfig} from '#runtime'
import type {NetworkCase} from './network-cases.ts'
import {isSettled, waitUntil} from './wait-until.ts'

/**
 * A script for root that connects the namespaces `node` and `other` by as many pairs of links as the case has, applies the
 * document in `node` with a program, waits until the node is as expected, and prints what there is.
 */
export function caseScript(
  {document, pairs, before = '', after = '', until = [], finish = ''}: NetworkCase,
  program: string,
): string {
  const {config, problems} = readOneConfig('case', document, deriveIdentity('haos'))
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const numbers = Array.from({length: pairs}, (_, number) => number)
  const apply = `ip netns exec node ${program} network --apply`
  return `
exec 2>&1
set +e
ip netns del node 2>/dev/null; ip netns del other 2>/dev/null
set -e
ip netns add node; ip netns add other
ip -n node link set dev lo up
${numbers.map((number) => `ip link add eth${number} netns node type veth peer name eth${number} netns other`).join('\n')}
set +e
${numbers.map((number) => `ip -n other link set dev eth${number} up`).join('\n')}
${before}
rm -rf /run/node-network; mkdir -p /run/node-network
echo ${shellQuote(JSON.stringify(config.network))} >/run/node-network/wanted.json
${apply}
${after.replaceAll('APPLY', apply)}
${[...until, isSettled].map(waitUntil).join('')}
ip -n node -d link; ip -n node address; ip -n node route; ip -n node -6 route
ip netns exec node ${program} network
${finish}
ip netns exec node rc-service --nodeps --ifstarted link-dhcp stop 2>/dev/null
ip netns del node; ip netns del other
true`
}
