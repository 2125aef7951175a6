import {defineApplier, inSection, nonEmpty, outcomeOf} from '../apply/applier.ts'
import {renderStatus} from '../host/host.ts'

/** Loads kernel modules, each with the parameters after its name. If one fails, the others are loaded nevertheless. */
export const modules = defineApplier({
  name: 'modules',
  keys: ['.modules'],
  select: (config) => nonEmpty(config.node.modules),
  apply(entries, node) {
    const loaded = loadedModules(node.host.read('/proc/modules') ?? '')
    let changed = false
    for (const [index, entry] of entries.entries()) {
      const [name = '', ...parameters] = entry.trim().split(/\s+/)
      const path = inSection(node, node.item('modules', index))
      // Anything else could be an option of modprobe, such as -r.
      if (!/^\w[\w-]*$/.test(name) || parameters.some((parameter) => parameter.startsWith('-'))) {
        node.report({path, message: 'is not the name of a kernel module'})
        continue
      }
      const known = loaded.has(canonical(name))
      if (known && parameters.length === 0) continue
      const {status} = node.host.run(['modprobe', name, ...parameters])
      if (status === 0) changed ||= !known
      else
        node.report({
          path,
          message: `could not be loaded: modprobe ${name} ${renderStatus(status)}`,
          hint: 'Run dmesg to see the reason, and modinfo to check the name.',
        })
    }
    return outcomeOf(changed)
  },
})

const loadedModules = (list: string): ReadonlySet<string> =>
  new Set(list.split('\n').map((line) => canonical(line.split(' ')[0] ?? '')))

/** The kernel lists modules with underscores, whatever the name of their file (modprobe(8)). */
const canonical = (name: string): string => name.replaceAll('-', '_')
