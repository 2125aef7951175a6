import {folderRules} from '../test/folder-rules.ts'

/**
 * The folders and who imports whom, as a Mermaid diagram.
 *
 * It omits arrows that follow from others.
 */
export function architecturePicture(): string {
  const below = new Map(Object.entries(folderRules).map(([folder, {folders}]) => [folder, folders]))
  const reaches = (from: string, to: string): boolean =>
    (below.get(from) ?? []).some((next) => next === to || reaches(next, to))
  const boxes = Object.entries(folderRules).map(
    ([folder, {summary}]) => `  ${folder}["<b>${folder}</b><br>${summary}"]`,
  )
  const arrows = Object.entries(folderRules).flatMap(([folder, {folders}]) =>
    folders
      .filter((next) => !folders.some((other) => other !== next && reaches(other, next)))
      .map((next) => `  ${folder} --> ${next}`),
  )
  return ['```mermaid', 'flowchart TD', ...boxes, ...arrows, '```'].join('\n')
}
