import {join} from 'node:path'
import {execa} from 'execa'
import {provideTools} from './provide-tools.ts'
import {rareTools, testTools} from './test-tools.ts'

// `npm test`: installs missing tools, then runs the unit and boot tests. Arguments are passed to vitest.
await provideTools([testTools, rareTools])

const root = join(import.meta.dirname, '..')
const projects = ['--project', 'unit', '--project', 'boot']
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const {exitCode} = await execa(process.execPath, [vitest, 'run', ...projects, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  reject: false,
})
process.exitCode = exitCode ?? 1
