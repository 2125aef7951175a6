import type {Machine} from '../machine/machine.ts'

/** What the kubelet mounts: keys with their contents. */
export type VolumeData = Readonly<Record<string, string>>

/**
 * A pod of the DaemonSet in a machine, without a container runtime: the same mounts, namespaces and control group as a container
 * has, and the node's programs in place of the image's.
 */
export class PodInGuest {
  readonly #machine: Machine
  readonly #node: string

  constructor(machine: Machine, node: string) {
    this.#machine = machine
    this.#node = node
  }

  /** Replaces the state of a volume, as the kubelet does (pkg/volume/util/atomic_writer.go). */
  async update(volume: 'config' | 'secret', data: VolumeData): Promise<void> {
    const directory = `/run/volumes/${volume}`
    const files = Object.entries(data).map(
      ([key, content]) => `printf %s ${quote(content)} >"$new/${key}"; ln -sfn ..data/${key} ./${key}`,
    )
    const script = [
      `mkdir -p ${directory}; cd ${directory}; new=..$(date +%Y_%m_%d_%H_%M_%S.%N); mkdir "$new"; rm -f ./[a-z0-9]*`,
      ...files,
      'ln -s "$new" ..data_tmp; mv -T ..data_tmp ..data',
      'for old in ..2*; do [ "$old" = "$new" ] || rm -r "$old"; done',
    ].join('\n')
    await this.#machine.succeed(`sudo sh -ec ${quote(script)}`)
  }

  /** Starts the program. Its output is in /run/pod.log. */
  async start(): Promise<void> {
    const mounts = [
      'mkdir -p /run/pod; mount -t tmpfs pod /run/pod; cd /run/pod',
      'mkdir -p usr host proc dev run tmp cluster/config cluster/secret',
      'for name in bin sbin lib lib64; do if [ -L /$name ]; then cp -P /$name .; fi; done',
      'mount --rbind /usr usr; mount --rbind / host; mount --make-rslave host; mount -t proc proc proc; mount --rbind /dev dev',
      'for name in config secret; do mount --bind -o ro /run/volumes/$name cluster/$name; done',
      `exec chroot . /usr/bin/env -i PATH=/usr/bin:/usr/sbin KUBERNETES_PORT=x NODE_NAME=${this.#node} haos watch-config --config=/cluster/config --secret=/cluster/secret --host=/host`,
    ].join('\n')
    const script = [
      'mkdir -p /sys/fs/cgroup/pod; echo $$ >/sys/fs/cgroup/pod/cgroup.procs; echo $$ >/run/pod.pid',
      `exec unshare --mount --cgroup sh -ec ${quote(mounts)}`,
    ].join('\n')
    await this.#machine.succeed(
      `sudo sh -ec ${quote(`(setsid sh -ec ${quote(script)} </dev/null >>/run/pod.log 2>&1 &)`)}`,
    )
  }

  /** Ends all processes of its control group, as a container runtime does. */
  async kill(): Promise<void> {
    await this.#machine.succeed('sudo sh -c "echo 1 >/sys/fs/cgroup/pod/cgroup.kill"')
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
