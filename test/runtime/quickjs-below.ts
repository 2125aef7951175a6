import * as std from 'std'
import {deriveIdentity} from '#dsl'
import {runCommand} from '../../runtime/cli/command-line.ts'
import {hostBelow} from '../../runtime/host/below.ts'
import {quickjsHost} from '../../runtime/host/quickjs.ts'

/* Runs the node's program for the node below the directory in its first argument. Bundled and run by `bench/applier.ts`. */

const [, root = '', ...argv] = scriptArgs
const status = runCommand(argv, {
  host: hostBelow(root, quickjsHost, {
    run: () => ({status: 0, stdout: ''}),
    fetch: () => ({status: 0, body: new Uint8Array(), error: 'no such host'}),
  }),
  identity: deriveIdentity('haos'),
  version: '1.2.3',
  print: (text) => std.out.puts(`${text}\n`),
  printError: (text) => std.err.puts(`${text}\n`),
})
std.out.flush()
std.exit(status)
