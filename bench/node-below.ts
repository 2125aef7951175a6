import {deriveIdentity} from '#dsl'
import {DirectoryHost} from '../bin/directory-host.ts'
import {runCommand} from '../runtime/cli/command-line.ts'

/* The node's program under Node, for the node below the directory that is its first argument: what QuickJS is measured against. */

const [, , root = '', ...argv] = process.argv
process.exitCode = runCommand(argv, {
  host: new DirectoryHost(root, {offline: true}),
  identity: deriveIdentity('haos'),
  version: '1.2.3',
  print: (text) => process.stdout.write(`${text}\n`),
  printError: (text) => process.stderr.write(`${text}\n`),
})
