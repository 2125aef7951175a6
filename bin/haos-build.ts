import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {flush, handle, run, settings} from '@oclif/core'

// Node runs the TypeScript as it is; oclif must not look for a compiler.
settings.enableAutoTranspile = false

// Who reads may stop reading, as head(1) does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

const repository = dirname(dirname(fileURLToPath(import.meta.url)))
try {
  await run(process.argv.slice(2), repository)
  await flush()
} catch (error) {
  await handle(error instanceof Error ? error : new Error(String(error)))
}
