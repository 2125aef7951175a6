import {copyFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {performance} from 'node:perf_hooks'
import type {Machine} from '../machine/machine.ts'
import {boot} from '../machine/testing.ts'
import {buildTarget} from '../test/image/build-image.ts'
import {serveTime} from '../test/ntp-server.ts'
import {getBaselineTools} from './baseline-tools.ts'
import {median, printLine} from './measure.ts'
import {makeStockDebian} from './stock-debian.ts'

// Measures a node from its kernel to Kubernetes and to its end, compared with a stock Debian of the same kernel in which
// systemd starts the same program from k3s' own unit; and how long an installation takes. The program stands in for k3s.
// Needs root, for the disk of the baseline and the port of the time server.

const turns = Number(process.argv[2] ?? 3)
const minutes = 60_000
const cmdline = 'quiet norandmaps no_timer_check'
const scratch = mkdtempSync(join(tmpdir(), 'haos-bench-'))

/** As k3s does, it takes a moment to end. */
const standIn = `#!/bin/sh
case $1 in --version) echo k3s version v1.34.3+k3s1; exit ;; esac
echo 'k3s: started' >/dev/console
trap 'exit 0' TERM
while :; do sleep 0.2; done
`

/** The part of k3s.service that install.sh writes which concerns the order of the boot and the end of the process. */
const unit = `[Unit]
Wants=network-online.target
After=network-online.target
[Install]
WantedBy=multi-user.target
[Service]
Type=exec
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
Restart=always
RestartSec=5s
ExecStart=/usr/local/bin/k3s server
`

/** Seconds of one life: from power-on to the login and to Kubernetes, and from the command to the end. */
interface Life {
  readonly login: number
  readonly kubernetes: number
  readonly shutdown: number
}

try {
  await getBaselineTools()
  await using _time = await serveTime()
  const recipe = join(scratch, 'haos.build.ts')
  copyFileSync(join(import.meta.dirname, 'node.build.ts'), recipe)
  copyFileSync(join(import.meta.dirname, '../haos.lock.json'), join(scratch, 'haos.lock.json'))
  writeFileSync(join(scratch, 'k3s'), standIn)
  const {iso = ''} = await buildTarget('iso', {recipe, out: join(scratch, 'out')})
  const installed = join(scratch, 'installed.img')
  const stock = makeStockDebian({
    scratch,
    cmdline,
    files: {
      'usr/local/bin/k3s': standIn,
      'etc/systemd/system/k3s.service': unit,
      'etc/systemd/network/lan.network': '[Match]\nType=ether\n[Network]\nDHCP=yes\n',
    },
    units: ['systemd-networkd', 'k3s'],
  })

  printLine({what: 'installation, to power-off', seconds: await installOn(installed, iso)})
  const lives: Record<'ours' | 'stock', Life[]> = {ours: [], stock: []}
  // Alternately, because a busy host slows both.
  for (let turn = 0; turn < turns; turn++) {
    // Both kernels are loaded by QEMU itself: the boot loader of a disk is no part of the comparison.
    lives.ours.push(
      await liveOnce(() => boot(iso, {as: 'virtio', appendCmdline: cmdline}), {user: 'rancher', password: 'geheim'}),
    )
    lives.stock.push(
      await liveOnce(() => boot(stock.direct, {disks: [{file: stock.file, snapshot: true}]}), {user: 'root'}),
    )
  }
  for (const [what, key, target] of [
    ['kernel to login', 'login', 0.5],
    ['kernel to "k3s started"', 'kubernetes', undefined],
    ['shutdown', 'shutdown', 1],
  ] as const) {
    const seconds = (whose: 'ours' | 'stock') => median(lives[whose].map((life) => life[key]))
    const baseline = {name: 'stock Debian with systemd', seconds: seconds('stock')}
    printLine({what, seconds: seconds('ours'), baseline, ...(target !== undefined && {target})})
  }
} finally {
  rmSync(scratch, {recursive: true, force: true})
}

async function liveOnce(
  start: () => Promise<Machine>,
  user: {readonly user: string; readonly password?: string},
): Promise<Life> {
  await using machine = await start()
  // systemd starts the program before or after the login, ours after it.
  const first = await machine.waitFor(/(\blogin: )|k3s: started/, {timeoutMs: 15 * minutes})
  const isLogin = first.groups[0] !== undefined
  const second = await machine.waitFor(isLogin ? 'k3s: started' : /\blogin: /, {timeoutMs: 15 * minutes})
  const [login = 0, kubernetes = 0] = (isLogin ? [first, second] : [second, first]).map(({atMs}) => atMs / 1000)
  // The program wrote over the prompt; an empty name brings a new one.
  machine.write('\n')
  await machine.waitFor(/\blogin: /, {timeoutMs: 15 * minutes})
  await machine.login({...user, timeoutMs: 15 * minutes})
  const asked = performance.now()
  await machine.powerOff({timeoutMs: 15 * minutes})
  const shutdown = (performance.now() - asked) / 1000
  return {login, kubernetes, shutdown}
}

/** An installation that asks nothing, from power-on to the end of QEMU. */
async function installOn(file: string, iso: string): Promise<number> {
  const words = ['mode=install', 'install.silent', 'install.device=serial=TARGET', 'install.power_off']
  const started = performance.now()
  await using machine = await boot(iso, {
    disks: [{file, sizeBytes: 4 * 2 ** 30, serial: 'TARGET'}],
    appendCmdline: `${cmdline} ${words.map((word) => `haos.${word}`).join(' ')}`,
    failOn: [/not installed: .*/],
  })
  await machine.waitForExit({timeoutMs: 30 * minutes})
  return (performance.now() - started) / 1000
}
