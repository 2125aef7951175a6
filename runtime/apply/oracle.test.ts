import {spawnSync} from 'node:child_process'
import {lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {deriveIdentity} from '#dsl'
import {bundleForNode} from '../../test/bundle-for-node.ts'
import {
  type ApplyCase,
  answersOf,
  applyCases,
  plantDirectory,
  plantMemory,
  RecordedDirectory,
} from '../../test/oracle/apply-cases.ts'
import {
  type AppliedCase,
  applyDifferences,
  classOfDifference,
  expectedService,
  type Found,
} from '../../test/oracle/apply-differences.ts'
import {ownCases} from '../../test/oracle/own-cases.ts'
import {findQuickjs} from '../../test/quickjs.ts'
import type {PlantedCase} from '../../test/runtime/quickjs-recorded.ts'
import {configFilesOf} from '../config/config-files-of.ts'
import {readConfig} from '../config/read-config.ts'
import type {Host} from '../host/host.ts'
import type {MemoryHost} from '../host/memory.ts'
import {kubernetesService} from '../services/kubernetes-service.ts'
import {applyPhase} from './apply.ts'

const identity = deriveIdentity('haos')
const scratch = mkdtempSync(join(tmpdir(), 'oracle-'))
const counts = {matched: 0, excused: 0}

afterAll(() => {
  rmSync(scratch, {recursive: true, force: true})
  if (applyCases.length > 0)
    console.log(
      `recorded applies: ${counts.matched} match, ${counts.excused} are excused by a class, of ${applyCases.length}`,
    )
})

const named = (kind: (phase: ApplyCase['phase']) => boolean, cases = applyCases) =>
  cases.filter(({phase}) => kind(phase)).map((recorded) => [recorded.name, recorded] as const)

describe.skipIf(applyCases.length === 0)('as recorded, or excused by a class: ../shared/oracle/config/apply', () => {
  test('there are recordings of each phase and of the installation of k3s', () => {
    expect([...new Set(applyCases.map(({phase}) => phase))].sort()).toEqual(['boot', 'initrd', 'install', 'runtime'])
  })

  test.each(named((phase) => phase !== 'install'))('%s', (name, recorded) => {
    const place = join(scratch, name)
    plantDirectory(place, recorded)
    const before = snapshot(place)
    const directory = new RecordedDirectory(place, recorded)
    const applied = {...apply(recorded, directory), before, commands: directory.commands, after: snapshot(place)}
    const differences = applyDifferences(applied)

    const memory = plantMemory(recorded)
    const inMemory = {before: snapshotOf(memory), ...apply(recorded, memory), after: snapshotOf(memory)}
    const commands = memory.commands.map(({argv, options: {env = {}, stdin}}) => ({argv, env, stdin}))
    expect(byName(applyDifferences({...inMemory, commands}))).toEqual(byName(differences))

    expect(differences.filter((difference) => classOfDifference(difference, applied) === undefined)).toEqual([])
    counts[differences.length === 0 ? 'matched' : 'excused']++
  })

  // Our phase runtime does what the original did in a separate phase.
  test.each(named((phase) => phase === 'install'))('%s', (_, recorded) => {
    const {config} = readConfig(configFilesOf(plantMemory(recorded)), {identity, cmdline: recorded.inputs.cmdline})
    const service = kubernetesService(config, {identity, version: recorded.inputs.version, mode: 'local'})
    expect(service).toEqual(expectedService(recorded, config.node.environment ?? {}))
    counts.matched++
  })
})

const everyCase = [...ownCases, ...applyCases]

test.each(named((phase) => phase !== 'install', everyCase))('%s, applied again, changes nothing', (name, recorded) => {
  const host = plantMemory(recorded)
  apply(recorded, host)
  const before = snapshotOf(host)
  apply(recorded, host)
  expect(snapshotOf(host), name).toEqual(before)
})

test.each(named(() => true, ownCases))('%s does the same in a directory as in memory', (name, own) => {
  const place = join(scratch, name)
  plantDirectory(place, own)
  const directory = new RecordedDirectory(place, own)
  const memory = plantMemory(own)

  expect(apply(own, directory)).toEqual(apply(own, memory))
  expect(snapshot(place)).toEqual(snapshotOf(memory))
  expect(directory.commands.map(({argv}) => argv)).toEqual(memory.commands.map(({argv}) => argv))
  expect(memory.commands.length).toBeGreaterThan(0)
})

const quickjs = await findQuickjs()
const replayed = everyCase.flatMap((recorded) =>
  recorded.phase === 'install' ? [] : [{recorded, phase: recorded.phase, root: join(scratch, `qjs-${recorded.name}`)}],
)

const unfit = process.getuid?.() === 0 ? quickjs.reason : 'only root can give files away'

describe.skipIf(unfit !== undefined)(
  `under QuickJS, on real directories${unfit === undefined ? '' : ` (${unfit})`}`,
  () => {
    let lines: readonly string[] = []
    let same = 0

    beforeAll(async () => {
      const script = await bundleForNode('test/runtime/quickjs-recorded.ts', join(scratch, 'recorded.js'))
      const planted = replayed.map(({recorded, phase, root}): PlantedCase => {
        plantDirectory(root, recorded)
        const {cmdline, version} = recorded.inputs
        return {root, phase, cmdline, version, answers: answersOf(recorded)}
      })
      writeFileSync(join(scratch, 'recorded'), planted.map((each) => JSON.stringify(each)).join('\n'))
      const [program, ...args] = quickjs.qjs ?? ['qjs']
      const {stdout, stderr} = spawnSync(program, [...args, '-m', script, join(scratch, 'recorded')], {
        encoding: 'utf8',
        env: {PATH: `${quickjs.tools}:${process.env['PATH']}`, TMPDIR: scratch},
      })
      expect(stderr).toBe('')
      lines = stdout.trimEnd().split('\n')
    })

    test.each(replayed.map((each, index) => [each.recorded.name, each, index] as const))(
      '%s ends as in memory',
      (_, {recorded, root}, index) => {
        const memory = plantMemory(recorded)
        const {services} = apply(recorded, memory)
        const commands = memory.commands.map(({argv, options: {env = {}, stdin}}) => ({argv, env, stdin}))
        expect(JSON.parse(lines[index] ?? '')).toEqual(JSON.parse(JSON.stringify({services, commands})))
        expect(snapshot(root)).toEqual(snapshotOf(memory))
        same++
      },
    )

    afterAll(() => console.log(`recorded applies under QuickJS: ${same} of ${replayed.length} end as in memory`))
  },
)

function apply(recorded: ApplyCase, host: Host): Omit<AppliedCase, 'before' | 'after' | 'commands'> {
  const {inputs} = recorded
  const phase = recorded.phase === 'install' ? 'runtime' : recorded.phase
  const {config} = readConfig(configFilesOf(host), {identity, phase, cmdline: inputs.cmdline})
  const {services} = applyPhase(phase, config, {host, identity, version: inputs.version})
  return {recorded, environment: config.node.environment ?? {}, services}
}

function snapshot(root: string, path = '', found = new Map<string, Found>()): Map<string, Found> {
  for (const name of readdirSync(join(root, path))) {
    const here = `${path}/${name}`
    const status = lstatSync(join(root, here))
    const type = status.isDirectory() ? 'directory' : status.isSymbolicLink() ? 'symlink' : 'file'
    const content = type === 'file' ? readFileSync(join(root, here)).toString('latin1') : ''
    found.set(here, {type, content, mode: status.mode & 0o7777, uid: status.uid, gid: status.gid})
    if (type === 'directory') snapshot(root, here, found)
  }
  return found
}

const snapshotOf = (host: MemoryHost): Map<string, Found> =>
  new Map(
    [...host.entries]
      .filter(([path]) => path !== '/')
      .map(([path, {type, mode, uid, gid, content}]) => [
        path,
        {type, content: type === 'file' ? Buffer.from(content).toString('latin1') : '', mode, uid, gid},
      ]),
  )

const byName = <Item extends {readonly what: string}>(list: readonly Item[]): Item[] =>
  [...list].sort((a, b) => (a.what < b.what ? -1 : 1))
