import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {bundleForNode} from '../test/bundle-for-node.ts'
import {findQuickjs} from '../test/quickjs.ts'
import {costlyConfigs} from '../test/runtime/costly-configs.ts'
import {printLine, secondsOf} from './measure.ts'

/*
 * What the node's program takes to read configs that are made to cost much, under QuickJS, as on a node, compared with a
 * config of the same size without a mistake.
 *
 *     node bench/costly-config.ts
 */

const kilobytes = 400
const target = 5

const quickjs = await findQuickjs()
if (quickjs.reason !== undefined) throw new Error(quickjs.reason)
const [program, ...args] = quickjs.qjs
const scratch = mkdtempSync(join(tmpdir(), 'bench-costly-'))
try {
  const script = await bundleForNode('test/runtime/quickjs-below.ts', join(scratch, 'haos.js'))
  const directory = join(scratch, 'root/haos/system')
  mkdirSync(directory, {recursive: true})
  const secondsToRead = (config: string): number => {
    writeFileSync(join(directory, 'config.yaml'), config)
    return secondsOf(program, [...args, '-sm', script, join(scratch, 'root'), 'config', '--dump-json'])
  }
  const command = '- echo some command of an ordinary length\n'
  const good = secondsToRead(`run_cmd:\n${command.repeat((kilobytes * 1000) / command.length)}`)
  printLine({what: 'without a mistake', seconds: good})
  for (const [what, make] of Object.entries(costlyConfigs))
    printLine({
      what,
      seconds: secondsToRead(make(kilobytes)),
      baseline: {name: 'without a mistake', seconds: good},
      target,
    })
} finally {
  rmSync(scratch, {recursive: true, force: true})
}
