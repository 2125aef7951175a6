import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {deriveIdentity} from '#dsl'
import {uuidOf} from '#engine'
import {type TreeEntry, writeTree} from '#formats'
import {diskImage, efiPartition, iso9660} from '#image'
import {diskEarlyConfig, mediumIdPath} from '#layout'
import {biosModules, efiModules, grubFirmware} from '../image/boot-loader/grub-firmware.ts'
import {mediumEarlyConfig} from '../image/boot-loader/grub-medium.ts'
import {grubImage} from '../image/steps/boot/grub-image.ts'
import type {GrubPackages} from './acceptance/grub-packages.ts'
import {runStep} from './run-step.ts'

const identity = deriveIdentity('haos')
const {fileName} = grubFirmware.amd64.efi

/** Commands that print a line on the serial port and stop, as a replacement for a system's menu. */
const saying = (line: string) => `serial --unit=0 --speed=115200
terminal_output serial
echo "${line}"
sleep 600
`

/** Makes media and disks that boot with our loaders up to the menu. */
export class TinyGrub {
  readonly #directory: string
  readonly #grub: string

  private constructor(directory: string, grub: string) {
    this.#directory = directory
    this.#grub = grub
  }

  static async unpack({packages = []}: GrubPackages, directory: string): Promise<TinyGrub> {
    const tree = join(directory, 'grub')
    for (const archive of packages) execFileSync('dpkg-deb', ['-x', archive, tree])
    const entries = ['i386-pc', 'x86_64-efi'].flatMap((platform) =>
      readdirSync(join(tree, 'usr/lib/grub', platform)).map((name): TreeEntry => {
        const path = `/usr/lib/grub/${platform}/${name}`
        return {path, type: 'file', mode: 0o644, uid: 0, gid: 0, content: {bytes: readFileSync(join(tree, path))}}
      }),
    )
    await writeTree(join(directory, 'grub.tree'), entries, {epoch: 0})
    return new TinyGrub(directory, join(directory, 'grub.tree'))
  }

  /** An ISO of a build. Two with the same name are from the same build. */
  async makeMedium(build: string): Promise<string> {
    const id = uuidOf(build)
    const config = mediumEarlyConfig(id)
    const loader = await this.#image('x86_64-efi', config)
    const partition = await runStep(
      efiPartition,
      {loader},
      {fileName, label: 'HAOS_GRUB', serial: '48414f53'},
      {below: this.#directory},
    )
    return runStep(
      iso9660,
      {
        files: [loader],
        efiPartition: partition,
        biosImage: [await this.#image('i386-pc-eltorito', config)],
        grub: this.#grub,
      },
      {
        volume: 'HAOS',
        paths: [`EFI/BOOT/${fileName}`],
        texts: {'boot/grub/grub.cfg': saying(`medium ${build}`), [mediumIdPath(id).slice(1)]: build},
        areas: {},
        links: {},
        modes: {},
      },
      {below: this.#directory},
    )
  }

  /** A disk that looks like an installed system to a loader. */
  async makeDisk(name: string): Promise<string> {
    const config = diskEarlyConfig(identity)
    return runStep(
      diskImage,
      {
        files: [],
        efiLoader: await this.#image('x86_64-efi', config),
        bios: [join(this.#directory, 'grub/usr/lib/grub/i386-pc/boot.img'), await this.#image('i386-pc', config)],
      },
      {
        sizeBytes: 2.25 * 2 ** 30,
        product: {name: identity.name, stateLabel: identity.stateLabel},
        loaderName: fileName,
        paths: [],
        texts: {'boot/grub/grub.cfg': saying(`disk ${name}`), 'haos/system/haos/1/layers': ''},
        links: {},
        modes: {},
      },
      {below: this.#directory},
    )
  }

  #image(format: 'i386-pc' | 'i386-pc-eltorito' | 'x86_64-efi', config: string): Promise<string> {
    const modules = format === 'x86_64-efi' ? efiModules(format) : biosModules
    return runStep(
      grubImage,
      {grub: this.#grub},
      {format, config, prefix: '/boot/grub', modules},
      {below: this.#directory},
    )
  }
}
