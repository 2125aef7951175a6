import {defineConfig} from 'vitest/config'
import {CountReporter} from './test/count-reporter.ts'

const boots = 'test/boot/**/*.boot.test.ts'
const matrix = '**/*.matrix.test.ts'
const elsewhere = ['node_modules/**', 'dist/**', 'out/**']

/** Tests ask for the package's own names as a recipe does, and get its sources. */
const conditions = ['@haos-build/source', 'node', 'import', 'default']

/** Milliseconds for one unit test. Most take less than one second; a busy host starts programs ten times as slowly. */
const unitTimeoutMs = 10 * 60_000

/** Milliseconds for one test that boots a machine: an emulated processor needs minutes where a real one needs seconds. */
const bootTimeoutMs = 45 * 60_000

const boot = {
  // An emulated machine keeps one core busy; more of them than cores make each other late.
  maxWorkers: 2,
  testTimeout: bootTimeoutMs,
  hookTimeout: bootTimeoutMs,
}

/**
 * Three kinds of tests. `npm test` runs the units, side by side, and then the boots, two at a time.
 * `npm run test:matrix` runs what takes longer than a person waits.
 */
export default defineConfig({
  ssr: {resolve: {conditions}},
  test: {
    reporters: ['default', new CountReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...elsewhere, boots, matrix],
          testTimeout: unitTimeoutMs,
          hookTimeout: unitTimeoutMs,
          // By default, a core is left to the one who watches; of two, that is half.
          maxWorkers: '100%',
          sequence: {groupOrder: 1},
        },
      },
      {test: {name: 'boot', include: [boots], exclude: elsewhere, sequence: {groupOrder: 2}, ...boot}},
      {
        test: {
          name: 'matrix',
          include: [matrix],
          exclude: elsewhere,
          sequence: {groupOrder: 3},
          ...boot,
          maxWorkers: 1,
        },
      },
    ],
  },
})
