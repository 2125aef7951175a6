import {once} from 'node:events'

/** Milliseconds for what a finished command has not awaited, such as compiled code that Node keeps. */
const graceMs = 1000

/** Ends the program after its output has been written, even if a recipe left a timer or a connection behind. */
export async function endProgram(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableNeedDrain) await once(stream, 'drain')
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }
  setTimeout(() => process.exit(), graceMs).unref()
}
