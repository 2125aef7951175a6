import {HaosError} from '#dsl'

/** Branches by which Alpine's mirrors divide their repositories. */
const branchInPath = /(?:^|\/)(?:v(?<release>\d+\.\d+)(?:[.-][^/]*)?|(?<edge>edge))(?:\/|$)/

/** What an index of Alpine says of itself: `v3.19.1-642-g9e5b575ce97` of a release, `v20260101-…` of edge. */
const description = /^v(?:(?<release>\d+\.\d+)[.\d]*|(?<edge>\d{8}))(?:[-_].*)?$/

/**
 * Refuses the index of another branch than that of its address: all branches are signed with the same keys, so that a mirror could give an old
 * release as today's. An index that says nothing of the kind is taken. Fails with SIGNATURE_INVALID.
 */
export function checkBranch(origin: string, said: string): void {
  const wanted = branchInPath.exec(origin)?.groups
  const found = description.exec(said.trim())?.groups
  if (wanted === undefined || found === undefined) return
  if (wanted['release'] === found['release']) return
  throw new HaosError(
    'SIGNATURE_INVALID',
    `${origin} is the index of another branch: it says that it is ${said.trim()}`,
    {
      at: origin,
      hint: 'Correct the release in the recipe; if it is right, do not use this mirror.',
    },
  )
}
