import {type AnyTool, Toolbox} from '#engine'

/** Says which of some tools are missing here, or nothing. */
export async function whyNoTools(tools: readonly AnyTool[]): Promise<string | undefined> {
  const toolbox = new Toolbox()
  const found = await Promise.all(tools.map((tool) => toolbox.find(tool)))
  const lacking = tools.filter((_, index) => found[index] === undefined).map(({name}) => name)
  return lacking.length === 0 ? undefined : `not installed: ${lacking.join(', ')}`
}
