import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type AnyTool, defineTool, ensureTools, Toolbox} from '#engine'

const program = (name: string, packageName: string, files?: readonly string[]): AnyTool =>
  defineTool<never>({
    name,
    purpose: 'make the baseline of a bench',
    package: packageName,
    args: () => [],
    ...(files && {files}),
  })

/** Tools of the baselines, in addition to those of a build. */
const tools = [
  program('mmdebstrap', 'mmdebstrap'),
  program('dpkg-scanpackages', 'dpkg-dev'),
  program('tar2sqfs', 'squashfs-tools-ng'),
  program('grub-mkrescue', 'grub-common'),
  program('cpio', 'cpio'),
  program('busybox', 'busybox-static', ['/bin/busybox']),
  program('mformat', 'mtools'),
  program('GRUB for BIOS', 'grub-pc-bin', ['/usr/lib/grub/i386-pc/moddep.lst']),
  program('GRUB for UEFI', 'grub-efi-amd64-bin', ['/usr/lib/grub/x86_64-efi/moddep.lst']),
]

/** Installs missing tools of the baselines if it may. Fails with TOOL_MISSING. */
export const getBaselineTools = (): Promise<void> =>
  ensureTools(tools, {
    toolbox: new Toolbox(),
    install: true,
    log: join(tmpdir(), 'haos-bench-apt.log'),
    emit: (event) => {
      if (event.type === 'note') process.stderr.write(`${event.message}\n`)
    },
    signal: new AbortController().signal,
  })
