import type {AnyTool} from '#engine'
import {alpineSource} from './alpine/source.ts'
import {debianSource} from './debian/source.ts'
import {aptGet} from './debian/tools.ts'

/** All package sources. */
export const sources = [debianSource, alpineSource]

/** Tools of the package sources in addition to the engine's, for `haos-build doctor`. */
export const sourceTools: readonly AnyTool[] = [aptGet]

export {alpineArch} from './alpine/alpine-arch.ts'
export {loadKeyRing} from './alpine/index/key-ring.ts'
export {loadIndexes} from './alpine/index/load-indexes.ts'
export {parseRepository} from './alpine/index/repository.ts'
export {solvePackages} from './alpine/solve/solve-packages.ts'
