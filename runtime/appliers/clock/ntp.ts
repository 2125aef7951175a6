import {type Applier, type Node, type Outcome, outcomeOf} from '../../apply/applier.ts'
import {mkdirAll, renderStatus} from '../../host/host.ts'
import {writeIfChanged} from '../../host/write-if-changed.ts'
import {letConnmanSetTime} from './connman-time.ts'

const program = '/usr/sbin/chronyd'
const configuration = '/etc/chrony/chrony.conf'
const service = 'chronyd'
const link = `/etc/runlevels/default/${service}`

/**
 * Lets chrony set the clock, with the servers of the config, in an image that has it; connman then leaves the clock
 * alone. In other images connman has the servers, and this only turns it off or on.
 */
export const ntp: Applier = {
  name: 'ntp',
  keys: ['ntp', '.ntp_servers'],
  apply(config, node) {
    const {ntp: wanted, node: section} = config
    const {host} = node
    const isEnabled = wanted?.enabled ?? true
    const servers = [...(wanted?.servers ?? []), ...(section.ntp_servers ?? [])]
    const isAsked = wanted !== undefined || servers.length > 0
    const byChrony = isAsked && isEnabled && wanted?.ntp_client !== 'connman' && host.lstat(program) !== undefined
    if (wanted?.ntp_client === 'chrony' && !byChrony && isEnabled)
      node.report({
        path: 'ntp.ntp_client',
        message: 'is not possible: this image has no chrony',
        hint: "Add the package chrony to the image's recipe, or leave the key out.",
      })
    const changed = letConnmanSetTime(node, isEnabled && !byChrony)
    if (!isAsked && !changed) return undefined
    return outcomeOf(changed, byChrony ? useChrony(node, servers, wanted?.pools ?? []) === 'changed' : stop(node))
  },
}

function useChrony(node: Node, servers: readonly string[], pools: readonly string[]): Outcome {
  const {host} = node
  const wanted = [...servers.map((name) => `server ${name} iburst`), ...pools.map((name) => `pool ${name} iburst`)]
  const found = (host.read(configuration) ?? usual).replace(/\n$/, '').split('\n')
  // Without servers in the config, those of the image stay.
  const lines =
    wanted.length === 0 ? found : [...wanted, ...found.filter((line) => !/^\s*(?:server|pool|peer)\s/.test(line))]
  mkdirAll(host, '/etc/chrony')
  mkdirAll(host, '/etc/init.d')
  const isNew = host.lstat(link) === undefined
  const changed = [
    writeIfChanged(host, configuration, lines.map((line) => `${line}\n`).join('')),
    writeIfChanged(host, `/etc/init.d/${service}`, script, {mode: 0o755, replaceLink: true}),
  ].includes(true)
  if (isNew) {
    mkdirAll(host, '/etc/runlevels/default')
    host.symlink(`/etc/init.d/${service}`, link)
  }
  if (areServicesStarted(node) && (isNew || changed))
    control(node, isNew ? ['--nodeps', service, 'start'] : ['--nodeps', '--ifstarted', service, 'restart'])
  return outcomeOf(isNew, changed)
}

/** Stops chrony if this program has started it. Returns whether it has. */
function stop(node: Node): boolean {
  const {host} = node
  if (host.lstat(link) === undefined || host.read(`/etc/init.d/${service}`) !== script) return false
  host.remove(link)
  if (areServicesStarted(node)) control(node, ['--nodeps', '--ifstarted', service, 'stop'])
  return true
}

/** OpenRC starts those of the runlevel by itself after the phase boot. */
const areServicesStarted = ({host}: Node): boolean => host.lstat('/run/openrc/softlevel') !== undefined

function control({host}: Node, args: readonly string[]): void {
  const {status} = host.run(['rc-service', ...args], {output: 'discard'})
  if (status !== 0) throw new Error(`takes effect at the next boot: rc-service ${renderStatus(status)}`)
}

/** For an image whose package has no configuration (chrony.conf(5)). */
const usual = 'driftfile /var/lib/chrony/chrony.drift\nmakestep 1 3\nrtcsync\n'

/** Debian's package has a script for another init system only, and both have the same program. */
const script = `#!/sbin/openrc-run
description="Sets the clock by time servers"
command=${program}
command_args="-n -f ${configuration}"
command_background=yes
pidfile=/run/${service}-service.pid

depend() {
	after network-online
	provide ntp-client
}

start_pre() {
	mkdir -p /var/lib/chrony
}
`
