import {shellQuote} from '#dsl'

const seconds = 120

/** Shell commands that wait until a command succeeds, and after two minutes print that it did not. */
export const waitUntil = (condition: string): string => `
waited=0
until { ${condition}; } >/dev/null 2>&1; do
  waited=$((waited + 1))
  [ $waited -le ${seconds} ] || { echo ${shellQuote(`After ${seconds} s, this still fails: ${condition}`)}; break; }
  sleep 1
done
`

/** Succeeds when the kernel has checked that no other machine has the addresses of the node (ip-address(8), "tentative"). */
export const isSettled = '! ip -n node address show tentative | grep inet6'
