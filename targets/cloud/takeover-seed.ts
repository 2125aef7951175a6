import {copyFile, mkdir, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {ToolRun} from '#engine'
import {mcopy, mkfsFat} from '#tools'

/** Serial number of the disk that holds the ISO; udev names a symlink after it. */
export const isoSerial = 'system'

/** What the guest prints if it cannot continue; the reason follows. */
export const refusal = 'the takeover failed:'

/** Label by which cloud-init finds its data source (cloud-init documentation, "NoCloud", source 2). */
const label = 'CIDATA'

/** Makes the medium with which cloud-init installs the ISO over the running system. */
export async function makeTakeoverSeed(
  image: string,
  {installer, terminal, scratch, tool}: {installer: string; terminal: string; scratch: string; tool: ToolRun},
): Promise<void> {
  const directory = join(scratch, 'seed')
  await mkdir(directory)
  await copyFile(installer, join(directory, 'install.sh'))
  await writeFile(join(directory, 'meta-data'), 'instance-id: takeover\n')
  await writeFile(join(directory, 'user-data'), renderUserData(terminal))
  const {size} = await stat(installer)
  await tool(mkfsFat, {image, sizeKib: 1024 + Math.ceil(size / 1024), label, serial: '43494441', fatBits: 12})
  for (const name of ['install.sh', 'meta-data', 'user-data']) {
    await tool(mcopy, {image, from: join(directory, name), to: name})
  }
}

/** A script that cloud-init runs as root at the end of the boot (cloud-init documentation, "User-data formats"). */
const renderUserData = (terminal: string): string => `#!/bin/sh
end() {
  echo "${refusal} $1"
  sync
  sleep 5
  poweroff -f
}
take_over() {
  mkdir -p /run/takeover
  mount -o ro -L ${label} /run/takeover || end 'the medium with install.sh could not be mounted'
  root=$(findmnt --noheadings --first-only --output SOURCE /) || end 'the device of the root was not found'
  sh /run/takeover/install.sh --takeover --no-format "$root" /dev/disk/by-id/virtio-${isoSerial} || end 'install.sh ended with an error'
}
# Opens the terminal for each line, because getty hangs it up when it starts.
take_over </dev/null 2>&1 | while IFS= read -r line; do
  echo "$line" >/dev/${terminal}
done
`
