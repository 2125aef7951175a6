import {spawnSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {scratchDirectory} from '../../test/scratch.ts'
import {renderEnvFile, renderOpenrcService} from './openrc-service.ts'

const awkward = ['server', 'two  blanks', "it's", '"quoted"', '*', '$HOME `id` \\', 'line\nbreak', '', '--x=#1;2|3']
const env = {K3S_TOKEN: "it's $SECRET `id`", PLAIN: 'http://p', EMPTY: '', MANY: 'a\nb'}

/** Reads the script as openrc-run does, and evaluates its arguments once more as supervise-daemon.sh does. */
function start(script: string, tail: string) {
  const directory = scratchDirectory()
  writeFileSync(join(directory, 'env'), renderEnvFile(env))
  writeFileSync(
    join(directory, 'service'),
    script.replaceAll('/etc/k3s.env', join(directory, 'env')).replaceAll('/var/log', directory),
  )
  return {directory, result: spawnSync('sh', ['-c', `. ./service; ${tail}`], {cwd: directory, encoding: 'utf8'})}
}

const script = renderOpenrcService(
  {name: 'k3s', argv: ['k3s', ...awkward], env},
  {description: "the product's cluster", command: '/sbin/k3s', envFile: '/etc/k3s.env'},
)

test('the process gets its exact arguments and environment, whatever characters they contain', () => {
  const node = `${process.execPath} -e 'console.log(JSON.stringify([process.argv.slice(1), process.env]))'`
  const {result} = start(
    script,
    `eval ${node.replaceAll("'", "\\'").replaceAll('(', '\\(').replaceAll(')', '\\)').replaceAll('[', '\\[')} -- $command_args`,
  )
  expect(result.stderr).toBe('')
  const [args, environment] = JSON.parse(result.stdout)
  expect(args).toEqual(awkward)
  expect(environment).toMatchObject(env)
})

test('a launcher gets the program and its arguments', () => {
  const {result} = start(
    renderOpenrcService(
      {name: 'k3s', argv: ['k3s', 'server', 'two  blanks'], env},
      {description: 'x', command: '/sbin/k3s', envFile: '/etc/k3s.env', launcher: '/usr/libexec/after-clock'},
    ),
    'eval printf "%s,%s," "$command" $command_args',
  )
  expect(result.stdout).toBe('/usr/libexec/after-clock,/sbin/k3s,server,two  blanks,')
})

test('the limits of the units of k3s and rke2 are set, whatever letter the shell has for processes', () => {
  const ask = (known: string) =>
    start(script, `ulimit() { case $1 in -[${known}]) printf '%s %s\\n' "$@" ;; *) return 2 ;; esac; }; start_pre`)
      .result.stdout
  expect(ask('ncu')).toBe('-n 1048576\n-c unlimited\n-u unlimited\n')
  expect(ask('ncp')).toBe('-n 1048576\n-c unlimited\n-p unlimited\n')
})

test('somebody who may not read the secrets may ask for the state of the service', () => {
  // As for a user to whom the file is not readable.
  const {result} = start(script.replaceAll('/etc/k3s.env', '/nonexistent/k3s.env'), 'echo asked')
  expect([result.stderr, result.stdout]).toEqual(['', 'asked\n'])
})

test('a process that does not end is killed before OpenRC stops waiting for its service, and pods end after it', () => {
  const [, term, kill] = /^retry=SIGTERM\/(\d+)\/SIGKILL\/(\d+)$/m.exec(script) ?? []
  expect(Number(term) + Number(kill)).toBeLessThan(60)
  expect(script).toMatch(/^\twant .*\bpods\b/m)
})

test('no secret is in the script', () => {
  expect(script).not.toContain('SECRET')
})

test('a large log is rotated and three old ones are kept', () => {
  const {directory, result} = start(
    script,
    'for n in 1 2 3 4 5; do { echo $n; head -c 11000000 /dev/zero; } > k3s.log; healthcheck; done; echo small >> k3s.log; healthcheck',
  )
  expect(result.stderr).toBe('')
  const first = (name: string) => readFileSync(join(directory, name)).subarray(0, 1).toString()
  expect([first('k3s.log'), first('k3s.log.1'), first('k3s.log.2'), first('k3s.log.3')]).toEqual(['s', '5', '4', '3'])
})

test('a script names its supervisor and starts after the network', () => {
  expect(script).toContain('supervisor=supervise-daemon')
  expect(script).toContain('after network-online')
})
