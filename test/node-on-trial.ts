import {runCommand} from '../runtime/cli/command-line.ts'
import {makeNode, makeRelease, put} from './upgraded-node.ts'

const healthy = {pgrep: '1', reboot: ''}
const applied = JSON.stringify({initrd: [], boot: [], runtime: []})

/** A node after the boot of version 2.0, which is on trial, or before it. */
export function onTrial({
  phases = applied,
  config = '',
  layers = 'current',
  answers = {},
  hasGrub = true,
  isBooted = true,
}: {
  phases?: string
  config?: string
  layers?: string
  answers?: Record<string, string>
  hasGrub?: boolean
  isBooted?: boolean
} = {}) {
  const node = makeNode({version: '1.0'}, {hasGrub})
  node.install(makeRelease(node.scratch, 'medium', {version: '2.0', kernel: '6.12.2'}))
  put(node.scratch, {
    ...(isBooted && {'run/haos/trial': '15\n'}),
    'run/haos/system': `${layers}\n`,
    'run/haos/problems.json': phases,
    'haos/system/config.yaml': config,
    'proc/uptime': '10000.0 1.0\n',
    'proc/self/mounts': '',
    'proc/sys/kernel/hostname': 'Node1\n',
    'sys/class/watchdog/watchdog0/identity': 'Software Watchdog\n',
    'dev/watchdog0': '',
    'etc/issue': 'Welcome\n\n',
  })
  // What the upgrade has left in memory.
  if (isBooted) node.host.remove('/run/haos/next')
  node.host.answers = {...healthy, ...answers}
  // `rollback` runs itself once more below flock(1).
  Object.assign(node.host, {env: (name: string) => (name === 'UPGRADE_LOCKED' ? 'yes' : undefined)})
  return {...node, ...commandsOf(node)}
}

function commandsOf({host, identity}: Pick<ReturnType<typeof makeNode>, 'host' | 'identity'>) {
  const printed: string[] = []
  const run = (...argv: string[]) =>
    runCommand(argv, {
      host,
      identity,
      version: '2.0',
      print: (line) => printed.push(line),
      printError: (line) => printed.push(line),
    })
  return {printed, run}
}
