import {defineTool} from '#engine'

export interface XorrisoOptions {
  readonly output: string
  readonly volume: string
  readonly epoch: number
  /** Host directory with the links and small files of the ISO. */
  readonly directory: string
  /** Host path of a file with one `ISO path=host path` per line: large files, read in place. */
  readonly pathList: string
  /** Permissions by path in the ISO, for files that are not 0644. */
  readonly modes: Readonly<Record<string, string>>
  /** 32 hexadecimal digits that name the GPT disk. */
  readonly diskGuid: string
  /** Host path of the first 512 bytes that make a stick boot under BIOS; absent if there is no BIOS. */
  readonly hybridMbr?: string | undefined
  /** Path of the BIOS El Torito image in the ISO. */
  readonly biosImage?: string | undefined
  /** Host path of the EFI system partition. */
  readonly efiPartition: string
}

/** Type of an EFI system partition (UEFI specification, 5.3.3). */
const ESP_TYPE = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B'

/** xorriso checks once a second whether the ISO is finished, or as often as it may report progress (xorriso(1), -pacifier). */
export const pollOften = ['-pacifier', 'interval=0.1']

/** xorriso would wait for the disk every 16 MiB (xorriso(1), -stdio_sync): whoever keeps the file syncs it once. */
const syncNothing = ['-stdio_sync', 'off']

/** First of all words: nothing of /etc/default/xorriso, ~/.xorrisorc and their like is read (xorriso(1), "Options for scripting"). */
export const ownConfigOnly = ['-no_rc']

/** The program behind all tools for ISOs. */
export const xorrisoProgram = {
  name: 'xorriso',
  package: 'xorriso',
  minVersion: '1.5.2',
  versionArgs: [...ownConfigOnly, '-version'],
} as const

/** Makes an ISO that also boots from a USB stick, under BIOS and UEFI (xorrisofs(1)). */
export const xorriso = defineTool<XorrisoOptions>({
  ...xorrisoProgram,
  purpose: 'write the ISO',
  args: ({output, volume, epoch, directory, pathList, modes, diskGuid, hybridMbr, biosImage, efiPartition}) => [
    ...plainImage({output, volume, epoch}),
    ...(hybridMbr === undefined ? [] : ['--grub2-mbr', hybridMbr]),
    '--gpt_disk_guid',
    diskGuid,
    '-appended_part_as_gpt',
    '-append_partition',
    '2',
    ESP_TYPE,
    efiPartition,
    ...(biosImage === undefined
      ? []
      : [
          '-c',
          'boot/boot.cat',
          '-b',
          biosImage,
          '-no-emul-boot',
          '-boot-load-size',
          '4',
          '-boot-info-table',
          '--grub2-boot-info',
          '-eltorito-alt-boot',
        ]),
    '-e',
    '--interval:appended_partition_2:all::',
    '-no-emul-boot',
    '-graft-points',
    '-path-list',
    pathList,
    directory,
    // xorriso's own commands follow: it writes the ISO after them.
    '--',
    ...Object.entries(modes).flatMap(([path, mode]) => ['-chmod', mode, `/${path}`, '--']),
  ],
})

/** The first words: an ISO whose files belong to root, with one date (xorrisofs(1)). */
const plainImage = ({output, volume, epoch}: Pick<XorrisoOptions, 'output' | 'volume' | 'epoch'>): string[] => [
  ...[...ownConfigOnly, ...pollOften, ...syncNothing, '-as', 'mkisofs', '-quiet', '-o', output, '-V', volume],
  ...[
    '-R',
    '-J',
    '-joliet-long',
    '-iso-level',
    '3',
    '-uid',
    '0',
    '-gid',
    '0',
    '-dir-mode',
    '0755',
    '-file-mode',
    '0644',
  ],
  ...['--set_all_file_dates', stamp(epoch), `--modification-date=${stamp(epoch)}`],
]

/** Makes an ISO that only holds files. */
export const xorrisoData = defineTool<Pick<XorrisoOptions, 'output' | 'volume' | 'epoch' | 'directory' | 'pathList'>>({
  ...xorrisoProgram,
  purpose: 'write an ISO of files',
  args: ({directory, pathList, ...options}) => [
    ...plainImage(options),
    ...['-graft-points', '-path-list', pathList, directory],
  ],
})

/** `YYYYMMDDhhmmsscc` in UTC, xorrisofs's format of dates. */
const stamp = (epoch: number): string => `${new Date(epoch * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}00`
