import {join} from 'node:path'
import {execa} from 'execa'
import {HaosError} from '#dsl'
import {ensureTools, Toolbox} from '#engine'
import {renderError} from '../bin/render-error.ts'
import {rareTools, testTools} from './test-tools.ts'

// `npm test`: gets the tools that are missing, then runs the units and the boots. Arguments go to vitest.
const root = join(import.meta.dirname, '..')
const signal = new AbortController().signal
const log = join(root, 'out', 'logs', 'apt.log')
const say = (message: string) => process.stderr.write(`haos-build: ${message}\n`)

// Apart, because apt installs all that it is told or nothing.
for (const tools of [testTools, rareTools]) {
  try {
    const emit = (event: {type: string; message?: string}) => say(event.message ?? event.type)
    await ensureTools(tools, {toolbox: new Toolbox(), install: true, log, emit, signal})
  } catch (error) {
    if (!(error instanceof HaosError)) throw error
    process.stderr.write(renderError(error, ''))
    // On a laptop the tests that need these tools skip, with their names.
    if (process.env['CI']) process.exit(error.exitStatus)
  }
}

const projects = ['--project', 'unit', '--project', 'boot']
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const {exitCode} = await execa(process.execPath, [vitest, 'run', ...projects, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  reject: false,
})
process.exitCode = exitCode ?? 1
