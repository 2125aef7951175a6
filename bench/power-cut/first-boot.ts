import {truncateSync} from 'node:fs'
import {Machine} from '../../machine/machine.ts'
import {buildTarget} from '../../test/image/build-image.ts'
import {copyDisk} from './copy-disk.ts'
import {examineNode, identityOf, logIn} from './node.ts'
import {type PowerCutSubject, patience} from './subject.ts'

/** The first boot of a disk image: it grows, and the machine gets its names and keys, which it keeps once somebody could see them. */
export const firstBoot: PowerCutSubject = {
  name: 'first-boot',
  async prepare(scratch) {
    const {disk: built = ''} = await buildTarget('disk', {
      out: `${scratch}/out`,
      arguments: ['--set', 'password=geheim'],
    })
    const disk = copyDisk(built, `${scratch}/before.img`)
    truncateSync(disk, 8 * 2 ** 30)
    return {
      disk,
      machine: {memoryMiB: 768},
      async work(machine, promise) {
        await logIn(machine)
        promise(await identityOf(machine))
        await machine.waitUntilSucceeds('grep runtime /run/phases', patience)
        // The journal of ext4 is committed every 5 s, and dirty pages after 30 s.
        await machine.run('sleep 12', patience)
      },
      async examine(cut, promised) {
        await using machine = await Machine.start({memoryMiB: 768, disks: [{file: cut}], linesInMessages: true})
        const identity = await examineNode(machine)
        for (const known of promised) if (known !== identity) throw new Error(`it was ${known} and is ${identity}`)
        const gibibytes = Number(await machine.succeed('df --output=size -k /var | tail -n 1')) / 2 ** 20
        if (gibibytes < 7.5) throw new Error(`its file system has ${gibibytes} GiB on a disk of 8`)
        return promised.length > 0 ? 'the same machine' : 'a machine'
      },
    }
  },
}
