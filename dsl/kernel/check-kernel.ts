import type {KernelConfig} from './kernel-config.ts'
import type {KernelNeed, KernelUser} from './kernel-needs.ts'

/** What is known of a kernel and its modules. */
export interface KernelFacts {
  /** Its configuration; undefined if nothing contains it. */
  readonly config: KernelConfig | undefined
  /** Names of the modules that can be loaded, with `_` in place of `-`. */
  readonly modules: ReadonlySet<string>
  /** Names of the modules that are built in, likewise. */
  readonly builtin: ReadonlySet<string>
}

/** An option that software needs and the kernel does not offer. */
export interface KernelLack {
  /** Name without `CONFIG_`. */
  readonly option: string
  /**
   * `off`: the kernel was built without it. `no-module`: it is a module, which is not there. `unknown`: without the
   * kernel's configuration or its list of built-in modules, nobody can know.
   */
  readonly state: 'off' | 'no-module' | 'unknown'
  /** The module that is not there, or that would be if the option were on. */
  readonly module?: string
  /** Users that do not work without it. */
  readonly required: readonly KernelUser[]
  /** Users that lack a function. */
  readonly recommended: readonly KernelUser[]
  readonly reason: string
  readonly fix?: string
}

/** What these users need and the kernel lacks, in the order of the table. Pure. */
export function checkKernel(
  facts: KernelFacts,
  needs: readonly KernelNeed[],
  users: readonly KernelUser[],
): readonly KernelLack[] {
  const asks = (names: readonly KernelUser[] = []) => users.filter((user) => names.includes(user))
  return needs.flatMap(({options, instead = {}, required, recommended, ...why}): KernelLack[] => {
    const who = {required: asks(required), recommended: asks(recommended)}
    if (who.required.length + who.recommended.length === 0) return []
    return Object.entries(options).flatMap(([option, written]): KernelLack[] => {
      const modules = [written].flat().filter((name) => name !== '')
      const state = stateOf(option, modules, facts)
      const other = instead[option]
      if (state === undefined) return []
      if (other !== undefined && stateOf(other.option, [other.module], facts) === undefined) return []
      const [module] = modules
      const {reason, fix} = why
      return [{option, state, ...(module !== undefined && {module}), ...who, reason, ...(fix !== undefined && {fix})}]
    })
  })
}

/** Who asks for an option, and what happens without it: `flannel requires: without it, pods …`. */
export function consequenceOf({required, recommended, reason}: KernelLack): string {
  const [names, verb] = required.length > 0 ? [required, 'require'] : [recommended, 'recommend']
  return `${names.join(' and ')} ${verb}${names.length === 1 ? 's' : ''}: without it, ${reason}`
}

/** What is wrong with an option; undefined if nothing is. */
function stateOf(
  option: string,
  names: readonly string[],
  {config, modules, builtin}: KernelFacts,
): KernelLack['state'] | undefined {
  if (names.some((name) => modules.has(name) || builtin.has(name))) return undefined
  // What is neither a module nor in the list of those that are built in is off, or was left out.
  if (config === undefined) return names.length > 0 && builtin.size > 0 ? 'no-module' : 'unknown'
  const value = config.get(option)
  if (value === undefined) return 'off'
  return value === 'm' && names.length > 0 ? 'no-module' : undefined
}
