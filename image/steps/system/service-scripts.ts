import {HaosError, nearest, type Problem} from '#dsl'
import type {SystemNode} from './system-node.ts'
import type {TreeIndex} from './tree-index.ts'

const SCRIPTS = '/etc/init.d/'

/** Directories of systemd units (systemd.unit(5)). */
const units = ['/usr/lib/systemd/system', '/lib/systemd/system']

/**
 * Refuses services without a script: OpenRC silently skips a dangling symlink in a runlevel.
 *
 * Fails with RECIPE_INVALID, and lists the existing services.
 */
export function refuseMissingServices(nodes: readonly SystemNode[], index: TreeIndex): void {
  const scripts = new Set(Object.keys(index.entries).filter((path) => path.startsWith(SCRIPTS)))
  for (const {node} of nodes) {
    if (!node.path.startsWith(SCRIPTS)) continue
    if (node.type === 'character-device') scripts.delete(node.path)
    else scripts.add(node.path)
  }
  const names = [...scripts].map((path) => path.slice(SCRIPTS.length)).sort()
  const problems = nodes.flatMap(({node}): Problem[] => {
    const name = /^\/etc\/runlevels\/[^/]+\/([^/]+)$/.exec(node.path)?.[1]
    if (name === undefined || node.type !== 'symlink' || node.target !== `${SCRIPTS}${name}`) return []
    if (scripts.has(node.target)) return []
    if (units.some((directory) => index.entries[`${directory}/${name}.service`] !== undefined))
      return [
        {
          path: `service ${name}`,
          message: 'is a systemd service: its package has a unit, but no script for OpenRC',
          hint: `Give the service a \`script\` that runs the command of ExecStart= in the unit.`,
        },
      ]
    const meant = nearest(name, names)
    return [
      {
        path: `service ${name}`,
        message: `has no script ${node.target}, neither from a package nor from the recipe`,
        hint: meant === undefined ? `The image has: ${names.join(', ') || 'none'}.` : `Did you mean "${meant}"?`,
      },
    ]
  })
  if (problems.length === 0) return
  throw new HaosError('RECIPE_INVALID', 'the recipe starts services that the image does not have', {
    problems,
    hint: 'Install the package that provides the service, or give its `script`.',
  })
}
