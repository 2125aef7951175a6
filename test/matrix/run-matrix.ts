import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {registerForeignPrograms} from '../foreign-programs.ts'
import {reachOf} from '../import-graph.ts'
import {provideTools} from '../provide-tools.ts'
import {readSourceFiles} from '../source-files.ts'
import {matrixTools} from '../test-tools.ts'
import {changeOf} from './change-of.ts'
import {renderCounts} from './counts.ts'
import {Durations} from './durations.ts'
import {orderFiles} from './order-files.ts'
import {runFile} from './run-file.ts'
import {runWhatFits} from './run-what-fits.ts'
import {subjects} from './subjects.ts'

// `npm run test:matrix`, and `.ci/run`: runs the files of the matrix whose paths contain one of the words; all without words.
// With --seconds, those that are expected to end in time, ordered by relevance for the current change.
const {values, positionals: words} = parseArgs({options: {seconds: {type: 'string'}}, allowPositionals: true})
const seconds = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds)
const leftSeconds = () => seconds - performance.now() / 1000
const say = (text: string) => process.stdout.write(`matrix: ${text}\n`)

await provideTools([matrixTools])
await registerForeignPrograms()

const root = join(import.meta.dirname, '../..')
const sources = new Map(readSourceFiles().map((file) => [file.path, file]))
const paths = [...sources.keys()].filter(
  (path) => path.endsWith('.matrix.test.ts') && (words.length === 0 || words.some((word) => path.includes(word))),
)
const change = await changeOf(root)
const waiting = orderFiles(paths, {
  changed: change.files,
  subjectsOf: (path) => subjects[path] ?? [],
  reachOf: (path) => reachOf(path, sources),
  turn: change.turn,
})
say(`${change.files.length} files have changed since ${change.base ?? 'ever'}; the order of the matrix:`)
for (const {path, touchedBy} of waiting) say(`  ${path}${touchedBy === undefined ? '' : ` (because of ${touchedBy})`}`)

const total = await runWhatFits(
  waiting.map(({path}) => path),
  {
    durations: new Durations(),
    leftSeconds,
    say,
    run: (path) => {
      const signal = Number.isFinite(seconds) ? AbortSignal.timeout(Math.floor(leftSeconds() * 1000)) : undefined
      return runFile(path, {root, signal, show: (line) => process.stdout.write(`${line}\n`)})
    },
  },
)
process.stdout.write(`\n${renderCounts(total)}\n`)
process.exitCode = total.failed === 0 ? 0 : 1
