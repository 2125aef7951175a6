import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Machine, type StartOptions} from '../../machine/machine.ts'
import {whyNoBoot} from '../../machine/testing.ts'
import {findGrubPackages} from '../acceptance/grub-packages.ts'
import {TinyGrub} from '../tiny-grub.ts'

const packages = findGrubPackages()
const missing = (await whyNoBoot({firmware: 'uefi'})) ?? packages.reason
if (missing !== undefined && process.env['CI']) throw new Error(`the boot tests cannot run: ${missing}`)

const minutes = 60_000
const scratch = mkdtempSync(join(tmpdir(), 'haos-which-medium-test-'))
afterAll(() => rmSync(scratch, {recursive: true, force: true}))

describe.skipIf(missing !== undefined)(`with two of one product (${missing ?? 'as far as the menu'})`, () => {
  const file: Record<string, string> = {}
  beforeAll(async () => {
    const grub = await TinyGrub.unpack(packages, scratch)
    for (const name of ['A', 'B']) {
      file[`medium ${name}`] = await grub.makeMedium(name)
      file[`disk ${name}`] = await grub.makeDisk(name)
    }
  })

  /** The menu that appears when the firmware boots the first of these, with GRUB's errors. */
  async function menuOf(firmware: 'bios' | 'uefi', [first, second]: readonly [string, string]): Promise<string> {
    const plug = (what: string): StartOptions => {
      const [, kind = '', as] = /^(.*?)(?: as a (CD|stick))?$/.exec(what) ?? []
      const path = file[kind] ?? ''
      return as === 'CD'
        ? {medium: {file: path, as: 'cd'}}
        : {disks: [{file: path, snapshot: true, bus: as === 'stick' ? 'usb' : 'virtio'}]}
    }
    const [one, two] = [plug(first), plug(second)]
    await using machine = await Machine.start({
      firmware,
      memoryMiB: 512,
      network: false,
      medium: one.medium,
      disks: [...(one.disks ?? []), ...(two.disks ?? [])],
      // The firmware tries it last.
      ...(two.medium && {qemuArguments: ['-drive', `file=${two.medium.file},media=cdrom,readonly=on,if=ide`]}),
    })
    const {text} = await machine.waitFor(/(?:medium|disk) [AB]/, {timeoutMs: 10 * minutes})
    return `${machine.console.text.includes('error:') ? 'with errors, ' : ''}${text}`
  }

  const pairs = [
    ['disk A', 'disk B'],
    ['disk B', 'disk A'],
    ['medium A as a CD', 'medium B as a stick'],
    ['medium B as a CD', 'medium A as a stick'],
    ['medium A as a stick', 'medium B as a CD'],
    ['medium B as a stick', 'medium A as a CD'],
  ] as const
  test.each((['bios', 'uefi'] as const).flatMap((firmware) => pairs.map((pair) => ({firmware, pair}))))(
    'the firmware’s choice boots: $pair.0 rather than $pair.1 under $firmware',
    async ({firmware, pair}) => {
      expect(await menuOf(firmware, pair)).toBe(pair[0].slice(0, pair[0].search(/[AB]/) + 1))
    },
  )
  test('a USB stick with copied files boots under UEFI', async () => {
    const stick = join(scratch, 'stick.img')
    const files = join(scratch, 'files')
    execFileSync('xorriso', ['-osirrox', 'on', '-indev', file['medium A'] ?? '', '-extract', '/', files], {
      stdio: 'ignore',
    })
    writeFileSync(stick, '')
    execFileSync('truncate', ['-s', '64M', stick])
    execFileSync('sfdisk', ['-q', stick], {input: 'label: dos\nstart=2048,type=c,bootable\n'})
    execFileSync('mformat', ['-i', `${stick}@@1048576`, '-v', 'MY STICK', '::'])
    execFileSync('mcopy', ['-s', '-i', `${stick}@@1048576`, join(files, 'boot'), join(files, 'EFI'), '::'])
    file['stick'] = stick
    expect(await menuOf('uefi', ['stick', 'medium B as a CD'])).toBe('medium A')
  })
})
