import {HaosError, type ImageSpec} from '#dsl'
import {parseNodes, sameMatches} from '#runtime'

/** Checks the nodes of a recipe as those of a file are. Fails with RECIPE_INVALID and all problems. */
export function checkNodes({nodes, identity}: ImageSpec): void {
  const parsed = nodes.map((node, index) => parseNodes(`nodes[${index}]`, JSON.stringify(node), identity))
  const problems = [
    ...parsed.flatMap((each) => each.problems),
    ...sameMatches(
      'nodes',
      parsed.flatMap((each) => each.nodes),
    ),
  ]
  if (problems.length === 0) return
  throw new HaosError(
    'RECIPE_INVALID',
    `the nodes of the recipe have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
    {
      problems: problems.map(({source, path, message, hint}) => ({
        path:
          path === '' || path.startsWith('match')
            ? [source, path].filter(Boolean).join('.')
            : `${source}.config.${path}`,
        message,
        hint,
      })),
      hint: 'Fix them; docs/nodes.md shows what a node may contain.',
    },
  )
}
