import {shellQuote} from '#dsl'
import type {Service} from './service.ts'

export interface OpenrcServiceOptions {
  readonly description: string
  /** The program, as an absolute path. */
  readonly command: string
  /** Path of the file with the environment. Secrets are in it, and never in the script. */
  readonly envFile: string
  /** A program that executes the command, given as its arguments. Default: none. */
  readonly launcher?: string
  /** Names of processes that a stop of the service must end, too. Default: none. */
  readonly helpers?: readonly string[]
}

/** Size at which a log is rotated, and number of old logs that are kept. */
const logLimitBytes = 10 * 1024 * 1024
const oldLogs = 3

/**
 * The service script that keeps a process running (openrc-run(8), supervise-daemon(8)).
 *
 * Always restarted, 5 s after it ends. The health check rotates the log, so that neither cron nor logrotate is needed:
 * supervise-daemon opens it for appending, and continues after the file was truncated.
 */
export function renderOpenrcService(
  {name, argv}: Service,
  {description, command, envFile, launcher, helpers = []}: OpenrcServiceOptions,
): string {
  const args = argv.slice(1)
  return `#!/sbin/openrc-run
# Written from config.yaml at each boot; changes to this file are lost.
description=${shellQuote(description)}
supervisor=supervise-daemon
command=${shellQuote(launcher ?? command)}
${args.map((arg, index) => `arg_${index}=${shellQuote(arg)}\n`).join('')}# supervise-daemon.sh evaluates this once more, which expands the variables.
command_args='${[...(launcher === undefined ? [] : [shellQuote(command)]), ...args.map((_, index) => `"$arg_${index}"`)].join(' ')}'
pidfile=/run/${name}.pid
output_log=/var/log/${name}.log
error_log=/var/log/${name}.log
respawn_delay=5
respawn_max=0
retry=SIGTERM/30/SIGKILL/5
healthcheck_timer=300

depend() {
	after network-online node-config firewall
	want cgroups pods
	provide kubernetes
}

start_pre() {
	# Only administrators may read the output of the process.
	checkpath -q -f -o root:adm -m 0640 "$output_log"
	# As in the units that k3s and rke2 bring: LimitNOFILE, LimitCORE, LimitNPROC. Containers inherit them. Shells differ in
	# the letter for processes.
	ulimit -n 1048576
	ulimit -c unlimited
	ulimit -u unlimited 2>/dev/null || ulimit -p unlimited
}
${
  helpers.length === 0
    ? ''
    : `
stop_post() {
	for helper in ${helpers.join(' ')}; do pkill -x "$helper"; done
	return 0
}
`
}
# What it unpacks and caches belongs to root, whoever has started the service.
export HOME=/root

set -o allexport
# A mistake in it must not keep the service from starting.
if sh -n /etc/environment 2>/dev/null; then . /etc/environment 2>/dev/null; fi
# Those who may not read the secrets may ask for the state of the service.
if [ -r ${shellQuote(envFile)} ]; then . ${shellQuote(envFile)}; fi
set +o allexport

healthcheck() {
	[ "$(stat -c %s "$output_log" 2>/dev/null || echo 0)" -gt ${logLimitBytes} ] || return 0
	for n in ${Array.from({length: oldLogs - 1}, (_, index) => oldLogs - 1 - index).join(' ')}; do
		if [ -f "$output_log.$n" ]; then mv "$output_log.$n" "$output_log.$((n + 1))"; fi
	done
	cp -p "$output_log" "$output_log.1"
	: > "$output_log"
}
`
}

/** The environment of a service as a file that a shell sources. Omits names that a shell cannot assign. */
export const renderEnvFile = (env: Service['env']): string =>
  Object.entries(env)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join('')
