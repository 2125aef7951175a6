import type {ApplierCase} from './applier-case.ts'

const local = '/var/lib/rancher/haos'
const head = 'Filename\tType\tSize\tUsed\tPriority\n'
const zramOf = (disksize: string) => ({
  '/sys/block/zram0/disksize': `${disksize}\n`,
  '/sys/block/zram0/comp_algorithm': 'lzo-rle [lz4] zstd\n',
  '/sys/block/zram0/reset': '',
  '/proc/meminfo': 'MemTotal:        1048577 kB\nMemFree: 1 kB\n',
})

/** Swap in a file and in compressed memory. */
export const swapCases: readonly ApplierCase[] = [
  {
    name: 'a swap file is allocated, formatted and enabled, and only root can read it',
    phase: 'boot',
    config: 'swap: {size: 1.5M, priority: 5}',
    expected: {
      files: {[`${local}/swap`]: {mode: 0o600, uid: 0}, [`${local}/swap.path`]: {content: `${local}/swap\n`}},
      commands: [
        `df -Pk ${local}`,
        `fallocate -l 1572864 ${local}/swap`,
        `mkswap ${local}/swap`,
        `swapon -p 5 ${local}/swap`,
      ],
    },
    settles: false,
  },
  {
    name: 'swap that is in use as it is wanted stays',
    phase: 'runtime',
    config: 'swap: {size: 4K, filename: /var/swap}',
    files: {
      '/var/swap': 'x'.repeat(4096),
      [`${local}/swap.path`]: '/var/swap\n',
      '/proc/swaps': `${head}/var/swap file\t4\t0\t-2\n`,
    },
    expected: {commands: []},
  },
  {
    name: 'a file that somebody else made is not taken for swap',
    phase: 'boot',
    config: 'swap: {size: 4K, filename: /var/data}',
    files: {'/var/data': 'mine'},
    expected: {files: {'/var/data': {content: 'mine'}}, commands: [], problems: ['swap']},
  },
  {
    name: 'swap that is gone from the config is disabled, and its file removed',
    phase: 'boot',
    config: '',
    files: {
      '/var/swap': 'x',
      [`${local}/swap.path`]: '/var/swap\n',
      '/proc/swaps': `${head}/var/swap file\t4\t0\t-2\n`,
    },
    expected: {files: {'/var/swap': null, [`${local}/swap.path`]: null}, commands: ['swapoff /var/swap']},
  },
  {
    name: 'compressed swap is a share of the memory, above other swap',
    phase: 'boot',
    config: 'haos: {zram: {size: 50%, algorithm: zstd}}',
    files: zramOf('0'),
    expected: {
      files: {
        '/sys/block/zram0/disksize': {content: '536870912'},
        '/sys/block/zram0/comp_algorithm': {content: 'zstd'},
      },
      commands: ['modprobe zram', 'mkswap /dev/zram0', 'swapon -p 100 /dev/zram0'],
    },
    settles: false,
  },
  {
    name: 'compressed swap that is set up as it is wanted stays',
    phase: 'runtime',
    config: 'haos: {zram: {size: 512M}}',
    files: {
      ...zramOf('536870912'),
      '/run/haos/zram': '536870912 100 \n',
      '/proc/swaps': `${head}/dev/zram0 partition\t4\t0\t100\n`,
    },
    expected: {commands: []},
  },
  {
    name: 'compressed swap that is gone from the config is disabled',
    phase: 'runtime',
    config: '',
    files: {
      ...zramOf('536870912'),
      '/run/haos/zram': '536870912 100 \n',
      '/proc/swaps': `${head}/dev/zram0 partition\t4\t0\t100\n`,
    },
    expected: {
      files: {'/run/haos/zram': null, '/sys/block/zram0/reset': {content: '1'}},
      commands: ['swapoff /dev/zram0'],
    },
  },
  {
    name: 'a compressed device of somebody else stays as it is',
    phase: 'boot',
    config: 'haos: {zram: {size: 512M}}',
    files: zramOf('4096'),
    expected: {
      files: {'/sys/block/zram0/disksize': {content: '4096\n'}},
      commands: ['modprobe zram'],
      problems: ['haos.zram'],
    },
  },
  {
    name: 'a compression that the kernel does not know, and a kubelet that refuses swap, are reported',
    phase: 'boot',
    config: 'haos: {zram: {size: 512M, algorithm: rar}, k3s_args: [server, --kubelet-arg=fail-swap-on=true]}',
    files: zramOf('0'),
    expected: {
      files: {'/sys/block/zram0/disksize': {content: '0\n'}},
      commands: ['modprobe zram'],
      problems: ['haos.zram', 'haos.zram'],
    },
  },
]
