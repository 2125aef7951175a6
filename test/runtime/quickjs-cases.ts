import * as std from 'std'
import {hostBelow} from '../../runtime/host/below.ts'
import {quickjsHost} from '../../runtime/host/quickjs.ts'
import {runCase} from './applier-case.ts'
import {applierCases} from './applier-cases.ts'

/**
 * Runs every case twice below the directory in its argument, in the folder of its number, and prints the results of both
 * applies as JSON, one case per line. Bundled and run by `runtime/cli/quickjs.test.ts`.
 */
const [, directory = ''] = scriptArgs
applierCases.forEach((each, index) => {
  const apply = () => runCase(each, (surroundings) => hostBelow(`${directory}/${index}`, quickjsHost, surroundings))
  std.out.puts(`${JSON.stringify([apply(), apply()])}\n`)
})
std.out.flush()
