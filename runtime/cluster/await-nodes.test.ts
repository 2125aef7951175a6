import {createHash} from 'node:crypto'
import {expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {runCommand} from '../cli/command-line.ts'
import {MemoryHost} from '../host/memory.ts'

interface NodeState {
  readonly version: string
  readonly ready?: boolean
  readonly cordoned?: boolean
  readonly failed?: string
}

const node = (name: string, {version, ready = true, cordoned = false, failed}: NodeState) => ({
  metadata: {name, labels: {'haos.io/version': version, ...(failed && {'haos.io/failed-version': failed})}},
  spec: cordoned ? {unschedulable: true} : {},
  status: {conditions: [{type: 'Ready', status: ready ? 'True' : 'False'}]},
})

/** Runs the command in a pod whose API gives one answer after the other, and then no more nodes to wait for. */
function wait(
  answers: readonly (Readonly<Record<string, NodeState>> | 'down')[],
  selectors: readonly string[] = ['a'],
) {
  let asked = 0
  const host = new MemoryHost({
    sha256: (content) => createHash('sha256').update(content).digest('hex'),
    env: {KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', SYSTEM_UPGRADE_NODE_NAME: 'agent-1'},
    run: () => {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? {}
      if (answer === 'down') return {status: 7, stdout: ''}
      const items = Object.entries(answer).map(([name, state]) => node(name, state))
      return {status: 0, stdout: JSON.stringify({kind: 'NodeList', items})}
    },
  })
  host.put('/var/run/secrets/kubernetes.io/serviceaccount/token', {content: 'SECRET\n'})
  const printed: string[] = []
  const print = (line: string) => void printed.push(line)
  const identity = deriveIdentity('haos')
  const status = runCommand(['await-nodes', ...selectors], {
    host,
    identity,
    version: '2.0+b1',
    print,
    printError: print,
  })
  return {status, printed, host}
}

test('an agent waits for each server to run the new version, to be Ready and to take pods, while the API may be away', () => {
  const {status, printed, host} = wait([
    {'server-1': {version: '1.0'}},
    'down',
    {'server-1': {version: '2.0-b1', ready: false}},
    {'server-1': {version: '2.0-b1', cordoned: true}},
    {'server-1': {version: '2.0-b1', cordoned: true}},
    {'server-1': {version: '2.0-b1'}},
  ])
  expect([status, ...printed]).toEqual([
    0,
    'Waiting: server-1 runs 1.0',
    'Waiting: the API does not answer (curl: status 7)',
    'Waiting: server-1 is not Ready',
    'Waiting: server-1 is cordoned',
    'Every node before this one runs 2.0+b1.',
  ])
  expect(host.sleptMs).toBe(75_000)
})

test('a server that has gone back is named, and the node itself is not waited for', () => {
  const {printed} = wait([
    {'server-1': {version: '1.0', failed: '2.0-b1'}, 'agent-1': {version: '1.0'}},
    {'agent-1': {version: '1.0'}},
  ])
  expect(printed[0]).toBe('Waiting: server-1 has gone back from 2.0-b1 to 1.0')
  expect(printed).toHaveLength(2)
})

test('the selectors are asked for one by one, and the token is in no argument', () => {
  const {host} = wait([{}], ['x,!y', 'z notin (a)'])
  expect(host.commands.map(({options}) => options.stdin?.split('\n')[0])).toEqual([
    'url = "https://[fd00::1]:443/api/v1/nodes?labelSelector=x%2C!y"',
    'url = "https://[fd00::1]:443/api/v1/nodes?labelSelector=z%20notin%20(a)"',
  ])
  expect(JSON.stringify(host.commands.map(({argv}) => argv))).not.toContain('SECRET')
})
