import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {performance} from 'node:perf_hooks'
import {generateX25519Identity, identityToRecipient} from 'age-encryption'
import {deriveIdentity} from '#dsl'
import {Toolbox} from '#engine'
import {remaster} from '#media'
import {encodeNodes} from '../bin/encode-nodes.ts'
import {loadNodes} from '../bin/load-nodes.ts'
import {makeSmallIso} from '../test/small-iso.ts'
import {median, printLine, secondsOf} from './measure.ts'

// Measures putting the configs of a thousand nodes onto a finished ISO, in place and into a new one, per node; compared with changing
// a single config, which one ISO for each machine would take a thousand times. Needs xorriso.

const count = 1000
const scratch = mkdtempSync(join(tmpdir(), 'haos-bench-'))
const {signal} = new AbortController()
const toolbox = new Toolbox()
const identity = deriveIdentity('haos')

/** A node as in docs/nodes.md, with a secret of its own. */
const node = (number: number): string => `match: {serial: PF0ABC${number}, mac: "52:54:00:${10 + (number % 90)}:12:34"}
config:
  hostname: edge-\${index}
  ssh_authorized_keys: [github:you]
  haos:
    token: "${(number * 2654435761).toString(16).padStart(32, '0')}"
    labels: {rack: "${number % 40}", serial: "\${serial}"}
    install: {device: /dev/sda, silent: true}
`

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

const nodesOf = (file: string) => encodeNodes(loadNodes(file, identity))

try {
  const iso = makeSmallIso(scratch, {systemBytes: 300e6})
  const copy = join(scratch, 'copy.iso')
  const file = join(scratch, 'all.yaml')
  writeFileSync(file, Array.from({length: count}, (_, index) => node(index + 1)).join('---\n'))
  secondsOf('sync', [])
  const single: number[] = []
  const inPlace: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    const config = Buffer.from(`hostname: node${turn}\n`)
    single.push(await timed(() => remaster({input: iso, changes: {config}, toolbox, signal})))
    inPlace.push(
      await timed(async () => remaster({input: iso, changes: {nodes: await nodesOf(file)}, toolbox, signal})),
    )
  }
  const newIso = await timed(async () =>
    remaster({input: iso, output: copy, changes: {nodes: await nodesOf(file)}, toolbox, signal}),
  )
  const cp = secondsOf('cp', ['--reflink=never', iso, join(scratch, 'cp.iso')])
  const one = {name: 'changing a single config', seconds: median(single)}
  printLine({what: 'a node, in place', seconds: median(inPlace) / count, target: 0.05})
  printLine({
    what: 'a thousand nodes, in place',
    seconds: median(inPlace),
    baseline: {...one, seconds: one.seconds * count},
    target: 1,
  })
  printLine({what: 'a thousand, new ISO', seconds: newIso, baseline: {name: 'cp', seconds: cp}})
  const bytes = (await nodesOf(file)).length / count
  const seal = {recipients: [await identityToRecipient(await generateX25519Identity())]}
  const sealing = await timed(() => encodeNodes(loadNodes(file, identity), seal))
  printLine({what: 'reading and sealing a thousand nodes', seconds: sealing})
  console.log(
    `${Math.ceil(bytes)} bytes for a node, written as ${Math.ceil(statSync(file).size / count)}; target ≤ 4096: ${bytes <= 4096 ? 'met' : 'missed'}`,
  )
} finally {
  rmSync(scratch, {recursive: true, force: true})
}
