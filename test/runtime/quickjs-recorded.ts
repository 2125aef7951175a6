import * as std from 'std'
import {deriveIdentity} from '#dsl'
import {applyPhase} from '../../runtime/apply/apply.ts'
import type {Phase} from '../../runtime/apply/phases.ts'
import {configFilesOf} from '../../runtime/config/config-files-of.ts'
import {readConfig} from '../../runtime/config/read-config.ts'
import {hostBelow} from '../../runtime/host/below.ts'
import type {RunOptions} from '../../runtime/host/host.ts'
import {quickjsHost} from '../../runtime/host/quickjs.ts'
import {type RecordedAnswers, RecordedWorld} from './recorded-answers.ts'

/** A recorded case whose node lies below a directory. */
export interface PlantedCase {
  readonly root: string
  readonly phase: Phase
  readonly cmdline: string
  readonly version: string
  readonly answers: RecordedAnswers
}

/* Applies the cases of a file, one per line as JSON, and prints their results. Bundled and run by `runtime/apply/oracle.test.ts`. */

const identity = deriveIdentity('haos')

for (const line of (std.open(scriptArgs[1] ?? '', 'r')?.readAsString() ?? '').trimEnd().split('\n')) {
  const {root, phase, cmdline, version, answers}: PlantedCase = JSON.parse(line)
  const world = new RecordedWorld(answers)
  const commands: unknown[] = []
  const host = hostBelow(root, quickjsHost, {
    run(argv, {env = {}, stdin}: RunOptions = {}) {
      commands.push({argv, env, stdin})
      return world.run(argv)
    },
    fetch: (url) => world.fetch(url),
  })
  const {config} = readConfig(configFilesOf(host), {identity, phase, cmdline})
  const {services} = applyPhase(phase, config, {host, identity, version})
  std.out.puts(`${JSON.stringify({services, commands})}\n`)
}
std.out.flush()
