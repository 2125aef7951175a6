import {rmSync} from 'node:fs'
import {$} from 'zx'
import {downloadPackages, type Kept, keepInCache} from './keep-in-cache.ts'

/** Debian packages of a test, unpacked below a directory of the cache, which apt downloads once: nothing is installed. */
export const unpackedPackages = (name: string, packages: readonly string[]): Kept =>
  keepInCache(name, (half) => {
    for (const archive of downloadPackages(half, packages)) {
      $.sync`dpkg-deb -x ${archive} ${half}`
      rmSync(archive)
    }
  })
