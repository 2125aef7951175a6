import {basename, resolve} from 'node:path'
import {watch} from 'chokidar'

/** Reports changes to the files of a project. */
export interface ProjectWatch extends AsyncDisposable {
  /** Resolves with the path of a file that has changed since the last call, as soon as changes have settled. */
  next(): Promise<string>
}

/** Output of a build, and files that are not sources of an image. */
const notSources = ['node_modules', '.git', 'haos.lock.json']

/** Milliseconds in which an editor writes several files, or one of them in pieces. */
const settleMs = 150

/** Watches a directory tree, except for a build's own output. Resolves when it is watching. */
export async function watchProject(directory: string, {out}: {readonly out: string}): Promise<ProjectWatch> {
  const ignored = (path: string) => notSources.includes(basename(path)) || resolve(path) === resolve(out)
  const watcher = watch(directory, {ignored, ignoreInitial: true})
  let changed: string | undefined
  let timer: NodeJS.Timeout | undefined
  let tell: ((path: string) => void) | undefined
  const deliver = () => {
    if (changed === undefined || tell === undefined) return
    tell(changed)
    changed = undefined
    tell = undefined
  }
  watcher.on('all', (_, path) => {
    changed = path
    clearTimeout(timer)
    timer = setTimeout(deliver, settleMs)
  })
  await new Promise<void>((ready) => watcher.once('ready', ready))
  return {
    next: () =>
      new Promise((resolvePath) => {
        tell = resolvePath
        deliver()
      }),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}
