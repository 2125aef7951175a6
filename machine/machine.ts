import {rmSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {extname, resolve} from 'node:path'
import * as z from 'zod'
import {HaosError} from '#dsl'
import {Toolbox} from '#engine'
import {type CommandResult, GuestShell, type LoginOptions} from './console/guest-shell.ts'
import {type ConsoleMatch, MachineConsole, type WaitOptions} from './console/machine-console.ts'
import {makeMachineDirectory} from './machine-directory.ts'
import type {DiskOptions, MachineOptions} from './machine-options.ts'
import {type PreparedMachine, prepareMachine} from './machine-plan.ts'
import {Hotplug} from './qemu/hotplug.ts'
import {parseForwardedPorts} from './qemu/network.ts'
import {qemuArguments, renderPastedArguments} from './qemu/qemu-arguments.ts'
import type {QemuExit} from './qemu/qemu-exit.ts'
import {onPhrase, type QemuProcess, startQemu} from './qemu/qemu-process.ts'
import {QmpClient, type QmpEvent} from './qemu/qmp.ts'

/** Options for starting a machine, in addition to those of the machine. */
export interface StartOptions extends MachineOptions {
  /** Finds QEMU. Default: the programs on PATH. */
  readonly toolbox?: Toolbox | undefined
  /** Include the last console lines in the messages of errors, for test runners. Default: no. */
  readonly linesInMessages?: boolean | undefined
}

/**
 * How to shut down the guest. Default of `command`: `poweroff` or `reboot` as root, or the ACPI power button without a
 * shell.
 */
export interface EndOptions extends WaitOptions {
  readonly command?: string | undefined
}

/** A disk that was attached to a running machine. */
export interface AttachedDisk {
  readonly id: string
  /** Detaches it. The guest must cooperate. Default timeout: 180 s. */
  detach(options?: WaitOptions): Promise<void>
}

interface Running {
  readonly qemu: QemuProcess
  readonly qmp: QmpClient
  readonly ports: ReadonlyMap<number, number>
}

/**
 * A virtual machine in QEMU.
 *
 * Write `await using machine = await Machine.start(…)`: at the end of the block, QEMU has ended and the machine's
 * own files are removed. The same happens when this process ends in any other way.
 */
export class Machine implements AsyncDisposable {
  readonly console: MachineConsole
  readonly #prepared: PreparedMachine
  readonly #directory: string
  readonly #options: StartOptions
  readonly #shell: GuestShell
  readonly #removeDirectory: () => void
  readonly #hotplug: Hotplug
  #hasMedium = true
  #running: Running | undefined
  #exit: Promise<QemuExit> = Promise.resolve({status: undefined, signal: undefined, words: 'it was never started'})

  private constructor(options: StartOptions, prepared: PreparedMachine, directory: string, toolbox: Toolbox) {
    this.#options = options
    this.#prepared = prepared
    this.#directory = directory
    this.#hotplug = new Hotplug(prepared.plan.board, {directory, toolbox})
    this.#removeDirectory = () => rmSync(directory, {recursive: true, force: true})
    process.once('exit', this.#removeDirectory)
    this.console = new MachineConsole({
      logFile:
        options.logFile === undefined
          ? `${directory.replace('haos-machine-', 'haos-console-')}.log`
          : resolve(options.logFile),
      failOn: options.failOn ?? [],
      mayPanic: options.mayPanic ?? false,
      linesInMessages: options.linesInMessages ?? false,
      command: () => this.command,
      write: (text) => void this.#running?.qemu.input.write(text),
    })
    this.#shell = new GuestShell(this.console)
  }

  /** Makes a machine and powers it on. Fails with TOOL_MISSING, TOOL_TOO_OLD, USAGE_INVALID and MACHINE_FAILED. */
  static async start(options: StartOptions): Promise<Machine> {
    const {toolbox = new Toolbox()} = options
    const directory = await makeMachineDirectory()
    let machine: Machine | undefined
    try {
      const prepared = await prepareMachine(options, {directory, toolbox})
      machine = new Machine(options, prepared, directory, toolbox)
      await machine.powerOn()
      return machine
    } catch (error) {
      await machine?.[Symbol.asyncDispose]()
      await rm(directory, {recursive: true, force: true})
      throw error
    }
  }

  /** The command that starts the same machine in a terminal. */
  get command(): string {
    return renderPastedArguments([this.#prepared.program, ...this.#arguments()])
  }

  /** What executes the guest: `kvm`, or QEMU's translator `tcg`, which is about 10 times slower. */
  get accelerator(): 'kvm' | 'tcg' {
    return this.#prepared.plan.accelerator
  }

  /** PID of QEMU, while the machine is on. */
  get pid(): number | undefined {
    return this.#running?.qemu.pid
  }

  /** True while the machine is on. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The port of this host's 127.0.0.1 that is forwarded to a port of the guest. */
  hostPort(guestPort: number): number {
    const port = this.#live().ports.get(guestPort)
    if (port !== undefined) return port
    throw new HaosError('USAGE_INVALID', `port ${guestPort} of the guest is not forwarded`, {
      hint: `Start the machine with \`network: {forward: [{guestPort: ${guestPort}}]}\`.`,
    })
  }

  /** Waits for a pattern on the console. See `MachineConsole.waitFor`. */
  waitFor(pattern: RegExp | string, options?: WaitOptions): Promise<ConsoleMatch> {
    return this.console.waitFor(pattern, options)
  }

  /** Resolves when the machine is off, for whatever reason. */
  get ended(): Promise<QemuExit> {
    return this.#exit
  }

  /** Types on the console. A line ends with `\n`. */
  write(text: string | Uint8Array): void {
    this.console.write(text)
  }

  /** Waits for a login prompt, logs in, and takes over the shell for `run`. Default timeout: 180 s. */
  login(options: LoginOptions): Promise<void> {
    return this.#shell.login(options)
  }

  /** Runs a command in the guest, after `login` or if the console already shows a shell. Default timeout: 180 s. */
  run(command: string, options?: WaitOptions): Promise<CommandResult> {
    return this.#shell.run(command, options)
  }

  /** Runs a command that must succeed, and returns its output. Fails with MACHINE_FAILED. */
  async succeed(command: string, options?: WaitOptions): Promise<string> {
    const {status, output} = await this.run(command, options)
    if (status === 0) return output
    throw this.console.error(
      'MACHINE_FAILED',
      `\`${command}\` ended with status ${status} and printed: ${output || 'nothing'}`,
    )
  }

  /**
   * Runs a command each second until it succeeds, and returns its output. Default timeout: 180 s.
   *
   * The guest repeats it, because each call of `run` starts a dozen programs, which would slow down a slow guest.
   */
  async waitUntilSucceeds(command: string, {timeoutMs = 180_000}: WaitOptions = {}): Promise<string> {
    const deadline = Date.now() + timeoutMs
    while (true) {
      const leftMs = Math.max(0, deadline - Date.now())
      const tries = Math.min(10, Math.floor(leftMs / 1000))
      const {status, output} = await this.run(repeated(command, tries), {timeoutMs: Math.max(1000, leftMs)})
      if (status === 0) return output
      if (Date.now() > deadline) {
        const seconds = timeoutMs / 1000
        throw this.console.error(
          'MACHINE_TIMEOUT',
          `\`${command}\` did not succeed within ${seconds} s: status ${status}, output: ${output || 'nothing'}`,
        )
      }
      await new Promise((wake) => setTimeout(wake, 1000))
    }
  }

  /** Powers the machine on again, with the same disks. Snapshots keep their writes. */
  async powerOn(): Promise<void> {
    if (this.#running) return
    this.#begin()
    this.console.skip()
    this.#hotplug.powerOn()
    const qemu = await startQemu(this.#prepared.program, this.#arguments(), this.#directory)
    const qmp = new QmpClient(qemu.monitor)
    qemu.output.on('data', (bytes: Buffer) => {
      this.console.receive(bytes)
      this.#options.onConsole?.(bytes)
    })
    onPhrase(qemu.firmware, 'No bootable device', () => this.console.fail('the firmware found nothing to boot'))
    qmp.onEvent((event) => this.#onEvent(event))
    this.#exit = qemu.exit.then((exit) => {
      this.#running = undefined
      this.console.fail(`the machine ended${renderExit(exit)}`)
      return exit
    })
    try {
      await qmp.start()
    } catch (cause) {
      qemu.kill()
      const {words} = await this.#exit
      throw this.console.error('MACHINE_FAILED', `QEMU did not start: ${words || String(cause)}`)
    }
    this.#running = {qemu, qmp, ports: await this.#findPorts(qmp)}
  }

  /** Cuts the power: the guest cannot write anything more. The disks keep earlier writes. */
  async powerCut(): Promise<void> {
    this.#running?.qemu.kill()
    await this.#exit
  }

  /** Asks the guest to power off and waits until it has. Default timeout: 120 s. Fails with MACHINE_TIMEOUT. */
  async powerOff({command, timeoutMs}: EndOptions = {}): Promise<void> {
    if (!this.#running) return
    const typed = command ?? (this.#shell.isReady ? asRoot('poweroff') : undefined)
    if (typed === undefined) await this.qmp('system_powerdown')
    else this.write(`${typed}\n`)
    await this.waitForExit({timeoutMs})
  }

  /** Waits until the machine is off, and returns how QEMU ended. Default timeout: 120 s. Fails with MACHINE_TIMEOUT. */
  async waitForExit({timeoutMs = 120_000}: WaitOptions = {}): Promise<QemuExit> {
    const {promise, reject} = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(this.console.error('MACHINE_TIMEOUT', `waited ${timeoutMs / 1000} s for the machine to power off`))
    }, timeoutMs)
    return Promise.race([this.#exit, promise]).finally(() => clearTimeout(timer))
  }

  /** Presses the reset button: the guest restarts at once. */
  async reset(): Promise<void> {
    await this.qmp('system_reset')
    this.console.skip()
  }

  /** Makes the guest reboot and waits until its firmware starts. Default timeout: 120 s. Fails with MACHINE_TIMEOUT. */
  async reboot({command, timeoutMs = 120_000}: EndOptions = {}): Promise<void> {
    const {qmp} = this.#live()
    const hasReset = qmp.waitForEvent(({event}) => event === 'RESET', timeoutMs)
    this.write(`${command ?? asRoot('reboot')}\n`)
    if (!(await hasReset)) {
      throw this.console.error('MACHINE_TIMEOUT', `waited ${timeoutMs / 1000} s for the guest to reboot`)
    }
    this.console.skip()
  }

  /** Saves the content of the screen as PNG, or as PPM if the path ends in `.ppm`. */
  async screenshot(path: string): Promise<void> {
    const format = extname(path) === '.ppm' ? 'ppm' : 'png'
    await this.qmp('screendump', {filename: resolve(path), format})
  }

  /** Attaches a disk while the machine runs, on `virtio` or `nvme`. It stays attached after a power cut. */
  async attachDisk(options: DiskOptions & {readonly bus?: 'virtio' | 'nvme'}): Promise<AttachedDisk> {
    const disk = await this.#hotplug.attach(options, this.#live().qmp)
    const detach = async ({timeoutMs = 180_000}: WaitOptions = {}) => {
      if (await this.#hotplug.detach(disk, this.#live().qmp, timeoutMs)) return
      throw this.console.error('MACHINE_TIMEOUT', `waited ${timeoutMs / 1000} s for the guest to release ${disk.id}`)
    }
    return {id: disk.id, detach}
  }

  /** Ejects the medium that the machine booted from, so that the next boot is from a disk. */
  async ejectMedium(): Promise<void> {
    const {medium} = this.#prepared.plan
    if (!medium || !this.#hasMedium) return
    if (medium.bus === 'cd') await this.qmp('eject', {id: medium.id, force: true})
    else await this.qmp('device_del', {id: medium.id})
    this.#hasMedium = false
  }

  /** Runs a command of the QEMU Machine Protocol, for features without a method here. Returns the answer unparsed. */
  qmp(command: string, argumentsOf?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#live().qmp.execute(command, argumentsOf)
  }

  /** Ends the machine and removes its files. The console log is kept if it was requested, or if something failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerCut()
    this.console.close({keepLog: this.#options.logFile !== undefined || this.console.hadProblem})
    process.off('exit', this.#removeDirectory)
    await rm(this.#directory, {recursive: true, force: true})
  }

  #arguments(): string[] {
    const {plan} = this.#prepared
    const disks = [...plan.disks, ...this.#hotplug.disks]
    return qemuArguments({...plan, disks, medium: this.#hasMedium ? plan.medium : undefined})
  }

  #live(): Running {
    if (this.#running) return this.#running
    throw this.console.error('MACHINE_FAILED', 'the machine is off')
  }

  #onEvent({event}: QmpEvent): void {
    if (event === 'RESET') this.#begin()
  }

  /** The guest restarts: its shell has ended, and earlier failures no longer count. */
  #begin(): void {
    this.#shell.leave()
    this.console.restart()
  }

  async #findPorts(qmp: QmpClient): Promise<ReadonlyMap<number, number>> {
    const {network} = this.#prepared.plan
    if (network === false || !network.forward?.length) return new Map()
    return parseForwardedPorts(
      z.string().parse(await qmp.execute('human-monitor-command', {'command-line': 'info usernet'})),
    )
  }
}

/** `sudo -n` does not ask for a password, which nobody would enter. */
const asRoot = (command: string): string => `if [ "$(id -u)" = 0 ]; then ${command}; else sudo -n ${command}; fi`

/** Repeats a command each second until it succeeds, at most `tries` times, and prints the last output. */
const repeated = (command: string, tries: number): string => `n=0
until said=$(
exec 2>&1
${command}
); do
  status=$? n=$((n + 1))
  [ $n -lt ${tries} ] || { printf %s "$said"; exit $status; }
  sleep 1
done
printf %s "$said"`

const renderExit = ({status, signal, words}: QemuExit): string => {
  if (signal !== undefined) return ` (${signal})`
  if (status === 0) return ''
  return `: QEMU ended with status ${status}: ${words}`
}
