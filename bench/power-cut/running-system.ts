import {Machine} from '../../machine/machine.ts'
import {buildTarget} from '../../test/image/build-image.ts'
import {copyDisk} from './copy-disk.ts'
import {assertFacts, examineNode, identityOf, logIn} from './node.ts'
import {type PowerCutSubject, patience} from './subject.ts'

const files = 60

/** A node that has booted before, writes files and syncs them one by one, and changes its configuration meanwhile. */
export const runningSystem: PowerCutSubject = {
  name: 'running',
  async prepare(scratch) {
    const {disk: built = ''} = await buildTarget('disk', {
      out: `${scratch}/out`,
      arguments: ['--set', 'password=geheim'],
    })
    const disk = copyDisk(built, `${scratch}/before.img`)
    const start = (file: string) => Machine.start({memoryMiB: 768, disks: [{file}], linesInMessages: true})
    let identity: string
    {
      await using machine = await start(disk)
      await logIn(machine)
      identity = await identityOf(machine)
      await machine.waitUntilSucceeds('grep runtime /run/phases', patience)
      await machine.powerOff(patience)
    }
    return {
      disk,
      machine: {memoryMiB: 768},
      async work(machine, promise) {
        await logIn(machine)
        const hears = async () => {
          for (let file = 1; file <= files; file++) {
            await machine.waitFor(`synced ${file}.`, patience)
            promise(String(file))
          }
        }
        await Promise.all([assertFacts(machine, `sudo sh -c '${writer}'`), hears()])
      },
      async examine(cut, promised) {
        await using machine = await start(cut)
        const found = await examineNode(machine)
        if (found !== identity) throw new Error(`it was ${identity} and is ${found}`)
        const last = Number(promised.at(-1) ?? 0)
        await assertFacts(machine, `sudo sh -c '${checker(last)}'`)
        return `${last} files`
      },
    }
  },
}

const local = '/var/lib/rancher/haos'

/** Keeps each file before it says so; each tenth time, the configuration too. What it does not sync is there to be lost. */
const writer = `set -e
mkdir -p /var/lib/cut ${local}
cd /var/lib/cut
for n in $(seq ${files}); do
  seq $n $((n * 700)) >.$n.new
  sync .$n.new
  mv .$n.new $n
  sync .
  seq 100000 >>unsynced
  if [ $((n % 10)) = 0 ]; then
    echo "haos: {sysctls: {vm.swappiness: \\"$n\\"}}" >${local}/.config.yaml.new
    sync ${local}/.config.yaml.new
    mv ${local}/.config.yaml.new ${local}/config.yaml
    sync ${local}
    haos config
  fi
  echo "synced $n." >/dev/console
done`

/** Each file that has its name is whole, those promised are there, and the node runs with the configuration that is on its disk. */
const checker = (last: number) => `fail() { echo "$@"; exit 1; }
cd /var/lib/cut || exit ${last === 0 ? 0 : 1}
for n in $(seq ${last}); do [ -e $n ] || fail "$n is gone"; done
for n in [0-9]*; do [ ! -e $n ] || seq $n $((n * 700)) | cmp - $n || fail "$n is not whole"; done
wanted=$(sed "s/.*: \\"\\([0-9]*\\)\\".*/\\1/" ${local}/config.yaml 2>/dev/null)
[ "\${wanted:-0}" -ge ${last - (last % 10)} ] || fail "the configuration is that of $wanted"
[ "$(cat /proc/sys/vm/swappiness)" = "\${wanted:-7}" ] || fail "the node runs with $(cat /proc/sys/vm/swappiness) and not $wanted"`
