/** Options of a kernel by name, without `CONFIG_`: `y`, `m`, a number or a text. Those that are off are left out. */
export type KernelConfig = ReadonlyMap<string, string>

/** Reads a kernel's configuration, as it is in `/boot/config-*` and `/proc/config.gz`. */
export function parseKernelConfig(text: string): KernelConfig {
  const options = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/^CONFIG_(\w+)=(.*)$/gm))
    if (value !== 'n') options.set(name, value.replace(/^"(.*)"$/, '$1'))
  return options
}
