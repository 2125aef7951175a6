import type {Bond, Bridge} from './wanted.ts'

/** Options of `ip link … type bond` for the parameters of a bond (ip-link(8)). `primary` needs its member first. */
export function bondOptions({parameters = {}}: Bond): readonly string[] {
  const {primary: _, ...given} = parameters
  // Without either, a bond does not notice that a cable is out.
  const monitoring = given['arp-interval'] === undefined ? {'mii-monitor-interval': '100'} : {}
  const all: Readonly<Record<string, string | boolean | readonly string[] | undefined>> = {...monitoring, ...given}
  return ['mode', given.mode ?? 'balance-rr'].concat(
    Object.entries(bondNames).flatMap(([key, [option, unit]]) => {
      const value = all[key]
      if (value === undefined || (Array.isArray(value) && value.length === 0)) return []
      return [option, asOption(value, unit)]
    }),
  )
}

type Unit = 'ms' | 's' | 'cs' | undefined

/** In this order, because the kernel refuses some options before others: ARP targets need an interval. */
const bondNames: Readonly<Record<string, readonly [option: string, unit?: Unit]>> = {
  'mii-monitor-interval': ['miimon', 'ms'],
  'up-delay': ['updelay', 'ms'],
  'down-delay': ['downdelay', 'ms'],
  'arp-interval': ['arp_interval', 'ms'],
  'arp-ip-targets': ['arp_ip_target'],
  'arp-validate': ['arp_validate'],
  'arp-all-targets': ['arp_all_targets'],
  'lacp-rate': ['lacp_rate'],
  'min-links': ['min_links'],
  'transmit-hash-policy': ['xmit_hash_policy'],
  'ad-select': ['ad_select'],
  'all-slaves-active': ['all_slaves_active'],
  'fail-over-mac-policy': ['fail_over_mac'],
  'gratuitous-arp': ['num_grat_arp'],
  'packets-per-slave': ['packets_per_slave'],
  'primary-reselect-policy': ['primary_reselect'],
  'learn-packet-interval': ['lp_interval', 's'],
  'resend-igmp': ['resend_igmp'],
}

/** Options of `ip link … type bridge`, which counts in hundredths of a second. */
export function bridgeOptions({parameters = {}}: Bridge): readonly string[] {
  const {stp = true, 'aging-time': aging, 'ageing-time': ageing = aging} = parameters
  const times = {
    forward_delay: parameters['forward-delay'],
    hello_time: parameters['hello-time'],
    max_age: parameters['max-age'],
    ageing_time: ageing,
  }
  return [
    'stp_state',
    stp ? '1' : '0',
    ...Object.entries(times).flatMap(([option, value]) => (value === undefined ? [] : [option, asOption(value, 'cs')])),
    ...(parameters.priority === undefined ? [] : ['priority', parameters.priority]),
  ]
}

function asOption(value: string | boolean | readonly string[], unit: Unit): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value !== 'string') return value.join(',')
  if (unit === undefined) return value
  const [, number = '0', suffix = unit === 'ms' ? 'ms' : 's'] = /^(\d+)(ms|s)?$/.exec(value) ?? []
  const milliseconds = Number(number) * (suffix === 'ms' ? 1 : 1000)
  return String(Math.round(milliseconds / {ms: 1, cs: 10, s: 1000}[unit]))
}
