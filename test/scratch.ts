import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {onTestFinished} from 'vitest'

/** An empty directory for one test, removed after it. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'haos-build-test-'))
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  return directory
}
