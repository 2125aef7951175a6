import {deriveIdentity} from '#dsl'
import {DirectoryHost} from '../bin/directory-host.ts'
import {runCommand} from '../runtime/cli/command-line.ts'

/* Runs the node's program under Node, for the node below the directory in its first argument: the baseline for QuickJS. */

const [, , root = '', ...argv] = process.argv
process.exitCode = runCommand(argv, {
  host: new DirectoryHost(root, {offline: true}),
  identity: deriveIdentity('haos'),
  version: '1.2.3',
  print: (text) => process.stdout.write(`${text}\n`),
  printError: (text) => process.stderr.write(`${text}\n`),
})
