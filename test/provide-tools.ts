import {join} from 'node:path'
import {HaosError} from '#dsl'
import {type AnyTool, ensureTools, Toolbox} from '#engine'
import {renderError} from '../bin/render-error.ts'

const log = join(import.meta.dirname, '..', 'out', 'logs', 'apt.log')
const say = (message: string) => process.stderr.write(`haos-build: ${message}\n`)

/**
 * Installs the missing tools of some lists, as far as this machine allows it.
 *
 * On a laptop, tests that need a tool which is still missing are skipped with its name. With CI set the process ends.
 */
export async function provideTools(lists: readonly (readonly AnyTool[])[]): Promise<void> {
  const {signal} = new AbortController()
  // Separately, because apt installs all packages or none.
  for (const tools of lists) {
    try {
      const emit = (event: {type: string; message?: string}) => say(event.message ?? event.type)
      await ensureTools(tools, {toolbox: new Toolbox(), install: true, log, emit, signal})
    } catch (error) {
      if (!(error instanceof HaosError)) throw error
      process.stderr.write(renderError(error, ''))
      if (process.env['CI']) process.exit(error.exitStatus)
    }
  }
}
