import {HaosError, type ImageSpec} from '#dsl'
import type {LockedPackage} from './source.ts'

/** Packages with the program `ip` that prints JSON, in Debian and Alpine: that of busybox does not. */
const withIp: ReadonlySet<string> = new Set(['iproute2', 'iproute2-minimal'])

/** Makes sure that the image can set up the links of its own config. Fails with RECIPE_INVALID. */
export function checkNetworkPrograms({config, parts}: ImageSpec, packages: readonly LockedPackage[]): void {
  if (config['network'] === undefined || packages.some(({name}) => withIp.has(name))) return
  if (parts.some((part) => part.kind === 'node' && /^\/(?:usr\/)?s?bin\/ip$/.test(part.node.path))) return
  throw new HaosError('RECIPE_INVALID', 'the config names links, and the image lacks the program that sets them up', {
    problems: [
      {
        path: 'config.network',
        message: 'needs the program `ip` of iproute2',
        hint: "Add the package: `alpineBase({size: 'small', packages: ['iproute2-minimal']})`, or use size 'full'.",
      },
    ],
    hint: 'Add iproute2 to the packages of the image.',
  })
}
