import {matchesGlob} from 'node:path'

/**
 * The glob of `kernel.omit` that excludes a file of the modules' directory; undefined if none does.
 *
 * `drivers/gpu` and `drivers/gpu/*` both exclude the directory with everything below it.
 */
export const omittedBy = (path: string, omit: readonly string[]): string | undefined =>
  omit.find((glob) => {
    const directory = `kernel/${glob.replace(/\/\*$/, '')}`
    return path.startsWith(`${directory}/`) || matchesGlob(path, directory)
  })
