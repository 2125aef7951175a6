import {linesOf, textsOf} from '../members.ts'
import type {MetadataService} from '../metadata-service.ts'
import type {Provider} from '../provider.ts'

/** A metadata service in which each value has a path of its own. */
export interface TreeService extends Pick<Provider, 'name' | 'bases'> {
  /** What tells that the service exists: the id of the machine. */
  readonly id: string
  readonly userdata: string
  readonly hostname: string
  /** A path of a list, in lines or JSON, or a function. */
  readonly keys: string | ((web: MetadataService) => string[])
  readonly facts: Readonly<Record<string, string>>
}

/** The source that a description of its paths makes. */
export const treeService = ({name, bases, id, userdata, hostname, keys, facts}: TreeService): Provider => ({
  name,
  ...(bases && {bases}),
  ask(web) {
    const instance = web.getText(id)
    if (instance === undefined) return undefined
    return {
      userdata: web.getUserdata(userdata),
      hostname: web.getText(hostname),
      keys: typeof keys === 'string' ? listIn(web.getText(keys)) : keys(web),
      facts: {
        instance_id: instance,
        ...Object.fromEntries(Object.entries(facts).map(([fact, path]) => [fact, web.getText(path)])),
      },
    }
  },
})

function listIn(text: string | undefined): string[] {
  if (!text?.startsWith('[')) return linesOf(text)
  try {
    return textsOf(JSON.parse(text))
  } catch {
    return []
  }
}
