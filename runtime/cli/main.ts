// biome-ignore lint/style/useNodejsImportProtocol: this 'os' is the module of QuickJS.
import * as os from 'os'
import * as std from 'std'
import type {Identity} from '#dsl'
import {quickjsHost} from '../host/quickjs.ts'
import {runCommand} from './command-line.ts'

/** Defined by the bundler (`bundle-options.ts`). */
declare const HAOS_IDENTITY: Identity
declare const HAOS_VERSION: string

function readLine(question: string): string | undefined {
  std.out.puts(question)
  std.out.flush()
  return std.in.getline() ?? undefined
}

const status = runCommand(scriptArgs.slice(1), {
  host: quickjsHost,
  identity: HAOS_IDENTITY,
  version: HAOS_VERSION,
  print(text) {
    std.out.puts(`${text}\n`)
    // Flushed, so that each line appears before the next action starts.
    std.out.flush()
  },
  printError: (text) => std.err.puts(`${text}\n`),
  readLine: os.isatty(0) ? readLine : undefined,
})
std.out.flush()
std.exit(status)
