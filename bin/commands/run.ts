import {join} from 'node:path'
import {Args, Flags} from '@oclif/core'
import {Arch, HaosError} from '#dsl'
import {defaultStoreDirectory, ensureTools, Toolbox} from '#engine'
import {checkMedium, recogniseArch, recogniseImage} from '#formats'
import {mediumOf, parseDisk, parseSize, runMachine} from '#machine'
import {isoTarget} from '#targets'
import {qemuImgCreate, qemuSystem, uefiFirmware, xorrisoExtract} from '#tools'
import {defaultMemoryMiB} from '../default-memory.ts'
import {type BuildFlags, buildFlags, ProjectCommand, projectFlags} from '../project-command.ts'

const MIB = 2 ** 20

export default class Run extends ProjectCommand {
  static override summary = 'Build the image and boot it in a virtual machine, with its console in this terminal.'
  static override description =
    'Builds the ISO of haos.build.ts if something has changed, and starts QEMU with it, or with the given image. The machine does not write to the image itself. ' +
    'All keys except Ctrl-A go to the machine: Ctrl-A x ends it, Ctrl-A h shows the others. ' +
    "With --cmdline, QEMU loads kernel and initrd from the ISO, and the words follow those of the ISO's menu."
  static override examples = [
    {description: 'The current ISO of haos.build.ts', command: '<%= config.bin %> run'},
    {
      description: 'As a USB stick under UEFI, with an empty disk to install to',
      command: '<%= config.bin %> run --as usb --firmware uefi --disk 8G',
    },
    {
      description: 'With another host name, and ssh on port 2222',
      command: '<%= config.bin %> run --cmdline haos.hostname=node1 --ssh-port 2222',
    },
  ]
  static override args = {
    artifact: Args.string({
      ignoreStdin: true,
      description: 'ISO or disk image. Default: the ISO of the recipe, built first.',
    }),
  }
  static override flags = {
    arch: projectFlags.arch,
    recipe: projectFlags.recipe,
    set: projectFlags.set,
    image: projectFlags.image,
    out: buildFlags.out,
    jobs: buildFlags.jobs,
    locked: buildFlags.locked,
    'script-silence': buildFlags['script-silence'],
    offline: buildFlags.offline,
    cache: buildFlags.cache,
    firmware: Flags.option({options: ['bios', 'uefi'] as const})({
      description: 'Default: bios on amd64, uefi elsewhere.',
    }),
    as: Flags.option({options: ['cd', 'usb', 'disk'] as const})({
      description: 'How the image is connected. Default: an ISO as cd, others as disk.',
    }),
    cmdline: Flags.string({description: 'Words to append to the kernel command line.'}),
    memory: Flags.string({
      description: 'Memory, such as 512M. Default: 2G for an image with Kubernetes, otherwise 1G.',
    }),
    cpus: Flags.integer({description: 'Processors.', min: 1, default: 1}),
    disk: Flags.string({
      description: 'Another disk: SIZE for an empty one, FILE, or FILE:SIZE to create and keep it. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    'ssh-port': Flags.integer({
      description: 'Port of 127.0.0.1 to forward to port 22 of the machine.',
      min: 1,
      max: 65_535,
    }),
    'no-accel': Flags.boolean({description: 'Do not use KVM.'}),
  }

  async run() {
    const {args, flags} = await this.parse(Run)
    const {file, arch} = await this.#findArtifact(args.artifact, flags)
    if (flags.cmdline !== undefined && (await recogniseImage(file)) !== 'iso') {
      throw new HaosError('USAGE_INVALID', `the kernel of ${file} cannot be given a command line`, {
        hint: 'Leave --cmdline out, or change a copy of the disk with `haos-build remaster IN OUT --append …`.',
        at: '--cmdline',
      })
    }
    const isUefi = (flags.firmware ?? (arch === 'amd64' ? 'bios' : 'uefi')) === 'uefi'
    const tools = [
      qemuSystem[arch],
      ...(isUefi ? [uefiFirmware[arch]] : []),
      ...(flags.disk.length > 0 ? [qemuImgCreate] : []),
      ...(flags.cmdline !== undefined ? [xorrisoExtract] : []),
    ]
    await ensureTools(tools, {
      toolbox: new Toolbox(),
      install: true,
      log: join(defaultStoreDirectory(), 'logs', 'apt.log'),
      emit: this.emit,
      signal: this.signal,
    })
    const run = await runMachine({
      arch,
      firmware: flags.firmware,
      medium: mediumOf(file, flags.as === 'disk' ? 'virtio' : flags.as),
      appendCmdline: flags.cmdline,
      memoryMiB: flags.memory === undefined ? await defaultMemoryMiB(file) : parseSize(flags.memory) / MIB,
      cpus: flags.cpus,
      disks: flags.disk.map(parseDisk),
      network: {forward: flags['ssh-port'] === undefined ? [] : [{guestPort: 22, hostPort: flags['ssh-port']}]},
      acceleration: flags['no-accel'] ? 'none' : 'auto',
      // stdout holds only the result when a program reads it.
      terminal: {input: process.stdin, output: this.jsonEnabled() ? process.stderr : process.stdout},
      note: (message) => this.emit({type: 'note', message}),
      signal: this.signal,
    })
    return {type: 'result' as const, artifact: file, ...run}
  }

  async #findArtifact(
    given: string | undefined,
    {recipe, arch, ...flags}: Omit<BuildFlags, 'recipe' | 'arch'> & {recipe: string; arch?: Arch | undefined},
  ): Promise<{file: string; arch: Arch}> {
    if (given !== undefined) {
      await checkMedium(given)
      return {file: given, arch: arch ?? (await recogniseArch(given)) ?? 'amd64'}
    }
    const built = await this.build([isoTarget], {...flags, recipe: [recipe], arch: arch && [arch]})
    const [iso, ...others] = built.artifacts.filter(({role}) => role === 'iso')
    if (iso !== undefined && others.length === 0) return {file: iso.path, arch: Arch.parse(iso.arch)}
    throw new HaosError('USAGE_INVALID', `${recipe} has several images, but a machine boots only one`, {
      at: recipe,
      hint: `Choose with --image, or name one of ${built.artifacts.map(({path}) => path).join(', ')}.`,
    })
  }
}
