import type {AnyTool} from '#engine'
import {allTools} from '#tools'
import {alpineSource} from './alpine/source.ts'
import {debianSource} from './debian/source.ts'
import {debianTools} from './debian/tool-set/debian-tools.ts'
import {aptGet} from './debian/tools.ts'

/** All package sources. */
export const sources = [debianSource, alpineSource]

/** Tools of the package sources in addition to the engine's, for `haos-build doctor`. */
export const sourceTools: readonly AnyTool[] = [aptGet]

/** Tools that the lock file pins: those of every step, and all that the sandbox for packages' scripts runs. */
export const pinnedTools = debianTools({
  names: [
    ...new Set([
      ...allTools.flatMap((tool) => (tool.optional ? [] : [tool.package])),
      'coreutils',
      'mount',
      'qemu-utils',
    ]),
  ].sort(),
})

export {alpineArch} from './alpine/alpine-arch.ts'
export {loadKeyRing} from './alpine/index/key-ring.ts'
export {loadIndexes} from './alpine/index/load-indexes.ts'
export {parseRepository} from './alpine/index/repository.ts'
export {solvePackages} from './alpine/solve/solve-packages.ts'
