import {type FileNode, type ImageSpec, shellQuote} from '#dsl'
import type {NodeScripts} from './steps/runtime/bundle-runtime.ts'

/** Directory of the scripts of a product. */
const directoryOf = (name: string): string => `/usr/share/rancher/${name}/scripts`

/**
 * The scripts by which users of the original upgrade a node by hand, `NAME-upgrade-rootfs` and `NAME-upgrade-kernel`. Those of
 * HAOS have the names of k3OS', whose place they also have.
 */
export function upgradeScripts(
  {identity, releases = '', cluster}: Pick<ImageSpec, 'identity' | 'releases' | 'cluster'>,
  {deprecatedUpgrade}: NodeScripts,
): FileNode[] {
  const {name, runDir} = identity
  return (['rootfs', 'kernel'] as const).flatMap((part): FileNode[] => {
    const path = `${directoryOf(name)}/${name}-upgrade-${part}`
    const words = {
      NAME: name,
      PART: part,
      VARIABLE: `${name.toUpperCase()}_VERSION`,
      RELEASES: shellQuote(releases),
      CHANNEL: shellQuote(cluster?.channel ?? ''),
      RUN: runDir,
    }
    const text = Object.entries(words).reduce(
      (script, [word, value]) => script.replaceAll(`@${word}@`, value),
      deprecatedUpgrade,
    )
    const file: FileNode = {type: 'file', path, mode: '0755', uid: 0, gid: 0, content: {text}}
    if (name !== 'haos') return [file]
    const link = `${directoryOf('k3os')}/k3os-upgrade-${part}`
    return [file, {type: 'symlink', path: link, target: path, uid: 0, gid: 0}]
  })
}
