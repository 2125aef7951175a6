import * as z from 'zod'
import {AlpineSpec} from './alpine-spec.ts'
import {DebianSpec} from './debian-spec.ts'
import {KernelFiles} from './kernel/kernel-files.ts'
import {kernelUserNames} from './kernel/kernel-needs.ts'

/** The distribution that a system is built from. */
export const Base = z.discriminatedUnion('kind', [DebianSpec, AlpineSpec])
export type Base = z.output<typeof Base>
export type BaseInput = z.input<typeof Base>

/** A system from Debian packages, configured by the real dpkg. Default suite: `trixie`. */
export const debian = (
  spec: Omit<z.input<typeof DebianSpec>, 'kind' | 'localPackages'> = {},
): z.input<typeof DebianSpec> => ({
  kind: 'debian',
  ...spec,
})

/** Options of a system from Alpine packages. */
export type AlpineInput = Omit<z.input<typeof AlpineSpec>, 'kind' | 'localPackages'>

/** A system from Alpine packages, chosen as apk would choose them. Default release: `v3.23`. */
export const alpine = (spec: AlpineInput = {}): z.input<typeof AlpineSpec> => ({
  kind: 'alpine',
  ...spec,
})

const moduleGlob = z.string().regex(/^[A-Za-z0-9_*/.-]+$/, 'must be a path below kernel/ such as "drivers/gpu/*"')

/** Kernel, modules and firmware. */
export const Kernel = z
  .strictObject({
    /**
     * Distribution of the kernel, its boot loader and the initrd's busybox, or `url({…})`: only a kernel, from anywhere. Default: that of the
     * system.
     */
    from: z.discriminatedUnion('kind', [...Base.options, KernelFiles]).optional(),
    /** `generic` runs anywhere; `cloud` is smaller and has no drivers for real machines (no USB, so no sticks). */
    flavour: z.enum(['generic', 'cloud']).default('generic'),
    /** Package name, instead of a flavour. */
    package: z.string().min(1).optional(),
    /** Directories and files below `/usr/lib/modules/VERSION/kernel` to leave out of the image. */
    omit: z.array(moduleGlob).default([]),
    /** Packages with firmware; the image includes their files under `/usr/lib/firmware`. */
    firmware: z.array(z.string().min(1)).default([]),
    /** Firmware files to include, as globs below `/usr/lib/firmware`. Default: all files of the packages. */
    firmwareFiles: z.array(moduleGlob).default(['*']),
    /** Modules in the initrd in addition to those that find media, by name or as a directory below `kernel/`. */
    initrd: z.array(moduleGlob).default([]),
    /**
     * Software that the nodes will run and whose needs of the kernel are checked, in addition to those of `kubernetes` and of the
     * network plugin that its `config` chooses.
     */
    workloads: z.array(z.enum(kernelUserNames)).default([]),
    /** Options that the kernel may lack although `kubernetes` or a workload requires them, such as `CGROUP_CPUACCT`. */
    mayLack: z
      .array(z.string().regex(/^(?!CONFIG_)[A-Z0-9][A-Z0-9_]*$/, 'must be an option without CONFIG_, such as "VXLAN"'))
      .default([]),
  })
  .refine(({from, package: name}) => from?.kind !== 'url' || name === undefined, {
    error: 'has no meaning beside a kernel from `url`',
    path: ['package'],
  })
  .prefault({})
export type Kernel = z.output<typeof Kernel>

/** The distribution of the kernel, if it is not that of the system. */
export const kernelDistribution = ({from}: Kernel): Base | undefined => (from?.kind === 'url' ? undefined : from)

/** The distribution's kernel: flavour, firmware, what to leave out. */
export const kernel = (spec: z.input<typeof Kernel> = {}): z.input<typeof Kernel> => spec

const MenuEntry = z.strictObject({
  /** The line of the menu. */
  title: z.string().regex(/^[^"\\$\n]+$/, 'must not contain quotes, backslashes, $ or line breaks'),
  /** Kernel arguments of this entry, in addition to those of the image. */
  arguments: z.array(z.string()).default([]),
})

/** What GRUB shows. */
export const BootMenu = z
  .strictObject({
    /** Seconds until the default entry starts. */
    timeoutSeconds: z.int().min(0).max(3600).default(5),
    /** Number of the entry that starts by default, from 0. */
    default: z.int().min(0).default(0),
    /** The entries in order: a title, and kernel arguments in addition to those of every entry. */
    entries: z.array(MenuEntry).default([]),
    /** Kernel arguments of every entry. */
    cmdline: z.array(z.string()).default([]),
    /** Whether the entry "Rescue" of an installed system, and a failed boot, open a root shell without a password. */
    rescueShell: z.boolean().default(false),
  })
  .prefault({})
export type BootMenu = z.output<typeof BootMenu>
export type BootMenuInput = z.input<typeof BootMenu>
