import * as std from 'std'
import {hostBelow} from '../../runtime/host/below.ts'
import {quickjsHost} from '../../runtime/host/quickjs.ts'
import {singleCases} from './single-source-cases.ts'
import {type Mode, modes, runSourceCase, type SourceCase} from './source-case.ts'
import {serviceCases, slowCases} from './source-cases.ts'

/**
 * Runs every case below the directory in its argument against the server at the port in the second one, and prints the results as
 * JSON, one case per line. Bundled and run by `runtime/data-sources/sources.test.ts`.
 */
const [, directory = '', port = ''] = scriptArgs
let count = 0
const run = (each: SourceCase, mode: Mode): void => {
  const root = `${directory}/${count++}`
  quickjsHost.mkdir(root, 0o755)
  const result = runSourceCase(
    each,
    (url, options) =>
      quickjsHost.fetch(
        `http://127.0.0.1:${port}/${encodeURIComponent(mode)}/${encodeURIComponent(each.name)}/${encodeURIComponent(url)}`,
        options,
      ),
    (surroundings) => hostBelow(root, quickjsHost, surroundings),
  )
  std.out.puts(`${JSON.stringify(result)}\n`)
}
for (const each of serviceCases) for (const mode of modes) run(each, mode)
for (const each of singleCases) run(each, 'good')
for (const each of slowCases) run(each, 'slow')
std.out.flush()
