import {once} from 'node:events'
import {dirname, relative, resolve} from 'node:path'
import {execa} from 'execa'
import {BaseCommand} from '../base-command.ts'
import {watchProject} from '../watch-project.ts'
import Run from './run.ts'

export default class Dev extends BaseCommand {
  static override enableJsonFlag = false
  static override summary = 'Build and boot the image, and again whenever a file of the project changes.'
  static override description =
    "Does what `run` does. A change in the recipe's directory ends the machine, rebuilds the image, and boots it again. " +
    'After a mistake, shows it and waits for the next change. Ends with the machine: Ctrl-A x, or when it is powered off.'
  static override examples = [
    {
      description: 'In a machine with an empty disk, ssh on port 2222',
      command: '<%= config.bin %> dev --disk 8G --ssh-port 2222',
    },
  ]
  static override flags = Run.flags

  async run() {
    const {flags} = await this.parse(Dev)
    const directory = dirname(resolve(flags.recipe))
    await using project = await watchProject(directory, {out: flags.out})
    const stopped = this.signal.aborted ? Promise.resolve() : once(this.signal, 'abort')
    let change = project.next()
    while (!this.signal.aborted) {
      // Another process, because Node reads a recipe once.
      const round = new AbortController()
      const running = execa(process.execPath, [...process.execArgv, process.argv[1] ?? '', 'run', ...this.argv], {
        stdio: 'inherit',
        reject: false,
        cancelSignal: round.signal,
        // QEMU ends at once; a stopped step removes its partial output.
        forceKillAfterDelay: 30_000,
      })
      const first = await Promise.race([running, change, stopped.then(() => undefined)])
      if (typeof first === 'object' && 'exitCode' in first) {
        if (first.exitCode === 0 || this.signal.aborted) return
        process.stderr.write('waiting for a change\n')
        if ((await Promise.race([change, stopped.then(() => undefined)])) === undefined) return
      } else {
        round.abort()
        await running
        if (first === undefined) return
      }
      process.stderr.write(`${relative(directory, await change)} has changed\n`)
      change = project.next()
    }
  }
}
