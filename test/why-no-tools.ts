import {type AnyTool, Toolbox} from '#engine'

/** Names the missing ones of some tools; undefined if there are none. */
export async function whyNoTools(tools: readonly AnyTool[]): Promise<string | undefined> {
  const toolbox = new Toolbox()
  const found = await Promise.all(tools.map((tool) => toolbox.find(tool)))
  const lacking = tools.filter((_, index) => found[index] === undefined).map(({name}) => name)
  return lacking.length === 0 ? undefined : `not installed: ${lacking.join(', ')}`
}
