import {join} from 'node:path'
import {HaosError} from '#dsl'
import {type AnyTool, ensureTools, Toolbox} from '#engine'
import {renderError} from '../bin/render-error.ts'

const log = join(import.meta.dirname, '..', 'out', 'logs', 'apt.log')
const say = (message: string) => process.stderr.write(`haos-build: ${message}\n`)

/**
 * Installs what is missing of some lists of tools, as far as this machine lets us.
 *
 * On a laptop the tests that need what is still missing skip, with its name. With CI set the process ends.
 */
export async function provideTools(lists: readonly (readonly AnyTool[])[]): Promise<void> {
  const {signal} = new AbortController()
  // Apart, because apt installs all that it is told or nothing.
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
