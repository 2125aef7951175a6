import type {PlannedImage} from '#image'
import {renderKernelArguments} from '#layout'

/**
 * The boot menu as an iPXE script (ipxe.org/scripting).
 *
 * File names are relative, so that iPXE requests them from the server of the script. Scripts that chain to this one may set
 * `${args}`, which comes last so that it takes precedence.
 */
export function ipxeScript({spec, cmdline}: PlannedImage): string {
  const {entries, timeoutSeconds, default: chosen} = spec.boot
  const items = entries.map(({title}, index) => `item entry${index} ${title}`)
  const boots = entries.map(
    ({arguments: own}, index) => `:entry${index}
kernel vmlinuz initrd=initrd ${renderKernelArguments([...cmdline, ...own])} \${args} || goto failed
initrd initrd || goto failed
boot || goto failed
`,
  )
  return `#!ipxe
:menu
menu ${spec.identity.title} ${spec.version}
${items.join('\n')}
choose --default entry${chosen} --timeout ${Math.max(timeoutSeconds * 1000, 1)} entry && goto \${entry} || shell
${boots.join('')}:failed
echo This system could not be loaded. Press a key for the menu.
prompt && goto menu
`
}
