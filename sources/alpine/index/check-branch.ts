import {HaosError} from '#dsl'

/** Branches by which Alpine's mirrors divide their repositories. */
const branchInPath = /(?:^|\/)(?:v(?<release>\d+\.\d+)(?:[.-][^/]*)?|(?<edge>edge))(?:\/|$)/

/** The description in an index of Alpine: `v3.19.1-642-g9e5b575ce97` for a release, `v20260101-…` for edge. */
const description = /^v(?:(?<release>\d+\.\d+)[.\d]*|(?<edge>\d{8}))(?:[-_].*)?$/

/**
 * Refuses an index whose branch is not that of its address: all branches are signed with the same keys, so a mirror could
 * serve an old release under the address of a new one. An index that names no branch is accepted. Fails with SIGNATURE_INVALID.
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
