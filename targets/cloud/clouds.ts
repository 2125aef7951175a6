import {type Arch, HaosError} from '#dsl'
import {artifactNames, type PlannedImage} from '#image'

/** Parameters of the script for one image. */
export interface CloudImage {
  /** File name of the image. */
  readonly file: string
  /** Name of the image in the cloud: lower-case letters, digits and dashes. */
  readonly name: string
  readonly title: string
  readonly arch: Arch
}

/** A cloud: its image format, and how to upload an image. */
export interface Cloud {
  readonly title: string
  /** Data source that provides a node's keys and config, if the cloud has one. */
  readonly dataSource: string | undefined
  readonly format: 'raw' | 'qcow2' | 'vmdk' | 'vhd' | 'ova' | 'gcp' | 'box'
  readonly extension: string
  /** The size of a disk must be a multiple of this. */
  readonly unitBytes: number
  /** Shell commands that upload and register the image. They check the required variables first. */
  readonly script: (image: CloudImage) => string
}

const MiB = 2 ** 20
const GiB = 2 ** 30

/** Every supported cloud, by its name on the command line. */
export const clouds = {
  aws: {
    title: 'Amazon EC2',
    dataSource: 'aws',
    format: 'vmdk',
    extension: 'vmdk',
    unitBytes: GiB,
    // import-snapshot rather than import-image, which refuses unknown kernels.
    script: ({file, name, title, arch}) => `: "\${BUCKET:?an S3 bucket that the role vmimport may read}"
aws s3 cp '${file}' "s3://$BUCKET/${file}"
task=$(aws ec2 import-snapshot --query ImportTaskId --output text --disk-container \\
  "Description=${name},Format=vmdk,UserBucket={S3Bucket=$BUCKET,S3Key=${file}}")
while :; do
  status=$(aws ec2 describe-import-snapshot-tasks --import-task-ids "$task" --output text \\
    --query 'ImportSnapshotTasks[0].SnapshotTaskDetail.Status')
  case $status in completed) break ;; deleted | deleting | error) echo "the import ended: $status" >&2; exit 1 ;; esac
  sleep 10
done
snapshot=$(aws ec2 describe-import-snapshot-tasks --import-task-ids "$task" --output text \\
  --query 'ImportSnapshotTasks[0].SnapshotTaskDetail.SnapshotId')
aws ec2 register-image --name '${name}' --description '${title}' --architecture ${arch === 'arm64' ? 'arm64' : 'x86_64'} \\
  --virtualization-type hvm --ena-support --boot-mode ${arch === 'arm64' ? 'uefi' : 'uefi-preferred'} --root-device-name /dev/xvda \\
  --block-device-mappings "DeviceName=/dev/xvda,Ebs={SnapshotId=$snapshot,VolumeType=gp3,DeleteOnTermination=true}"
`,
  },
  gcp: {
    title: 'Google Compute Engine',
    dataSource: 'gcp',
    format: 'gcp',
    extension: 'tar.gz',
    unitBytes: GiB,
    script: ({file, name, title, arch}) => `: "\${BUCKET:?a bucket of Cloud Storage}"
gcloud storage cp '${file}' "gs://$BUCKET/${file}"
gcloud compute images create '${name}' --description='${title}' --source-uri="gs://$BUCKET/${file}" \\
  --architecture=${arch === 'arm64' ? 'ARM64' : 'X86_64'} --guest-os-features=UEFI_COMPATIBLE,GVNIC,VIRTIO_SCSI_MULTIQUEUE
`,
  },
  azure: {
    title: 'Microsoft Azure',
    dataSource: 'azure',
    format: 'vhd',
    extension: 'vhd',
    unitBytes: MiB,
    script: ({
      file,
      name,
      arch,
    }) => `: "\${GROUP:?a resource group}" "\${ACCOUNT:?a storage account}" "\${CONTAINER:?a container of the account}"
az storage blob upload --account-name "$ACCOUNT" --container-name "$CONTAINER" --type page --file '${file}' --name '${file}'
az image create --resource-group "$GROUP" --name '${name}' --os-type Linux --hyper-v-generation V2 \\
  --architecture ${arch === 'arm64' ? 'Arm64' : 'x64'} --source "https://$ACCOUNT.blob.core.windows.net/$CONTAINER/${file}"
`,
  },
  openstack: {
    title: 'OpenStack',
    dataSource: 'openstack',
    format: 'qcow2',
    extension: 'qcow2',
    unitBytes: MiB,
    script: ({
      file,
      name,
      arch,
    }) => `openstack image create --disk-format qcow2 --container-format bare --file '${file}' \\
  --property architecture=${arch === 'arm64' ? 'aarch64' : 'x86_64'} --property hw_disk_bus=virtio '${name}'
`,
  },
  hetzner: {
    title: 'Hetzner Cloud',
    dataSource: 'hetzner',
    format: 'raw',
    extension: 'raw',
    unitBytes: MiB,
    // Hetzner has no import: a server writes the image to its own disk from the rescue system and becomes a snapshot.
    script: ({
      file,
      name,
      title,
      arch,
    }) => `: "\${HCLOUD_TOKEN:?a token of the project}" "\${SSH_KEY:?the name of an SSH key of the project}"
server=${name}-import
hcloud server create --name "$server" --type ${arch === 'arm64' ? 'cax11' : 'cx22'} --image debian-12 --ssh-key "$SSH_KEY" --start-after-create=false
trap 'hcloud server delete "$server"' EXIT
hcloud server enable-rescue --ssh-key "$SSH_KEY" "$server"
hcloud server poweron "$server"
host=root@$(hcloud server ip "$server")
until ssh -o StrictHostKeyChecking=accept-new "$host" true; do sleep 5; done
gzip --stdout '${file}' | ssh "$host" 'gunzip | dd of=/dev/sda bs=4M conv=fsync'
hcloud server poweroff "$server"
hcloud server create-image --type snapshot --description '${title}' --label name=${name} "$server"
`,
  },
  digitalocean: {
    title: 'DigitalOcean',
    dataSource: 'digitalocean',
    format: 'qcow2',
    extension: 'qcow2',
    unitBytes: MiB,
    script: ({
      file,
      name,
    }) => `: "\${IMAGE_URL:?an address from which DigitalOcean can fetch ${file}}" "\${REGION:?a region, such as fra1}"
doctl compute image create '${name}' --image-url "$IMAGE_URL" --region "$REGION" --image-distribution Unknown
`,
  },
  proxmox: {
    title: 'Proxmox VE',
    dataSource: 'proxmox',
    format: 'qcow2',
    extension: 'qcow2',
    unitBytes: MiB,
    script: ({file, name}) => `# On the Proxmox host.
: "\${VMID:?a free number}" "\${STORAGE:=local-lvm}"
qm create "$VMID" --name '${name}' --memory 2048 --cores 2 --net0 virtio,bridge=vmbr0 --scsihw virtio-scsi-single --serial0 socket
qm set "$VMID" --scsi0 "$STORAGE:0,import-from=$PWD/${file}" --boot order=scsi0
qm template "$VMID"
`,
  },
  vsphere: {
    title: 'VMware vSphere',
    dataSource: 'vmware',
    format: 'ova',
    extension: 'ova',
    unitBytes: MiB,
    script: ({file, name}) => `# govc reads GOVC_URL, GOVC_USERNAME and GOVC_PASSWORD.
govc import.ova -name '${name}' '${file}'
govc vm.markastemplate '${name}'
`,
  },
  vagrant: {
    title: 'Vagrant (libvirt)',
    dataSource: undefined,
    format: 'box',
    extension: 'box',
    unitBytes: GiB,
    script: ({file, name}) => `vagrant box add --name '${name}' '${file}'
`,
  },
} as const satisfies Readonly<Record<string, Cloud>>

export type CloudName = keyof typeof clouds
export const cloudNames = Object.keys(clouds) as CloudName[]

/** Name of an image in every cloud: all accept lower-case letters, digits and dashes. */
export const cloudImageName = (image: PlannedImage): string =>
  artifactNames(image, '')
    .name.toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')

/** Fails with INPUT_INVALID for a size that the cloud refuses. */
export function checkCloudSize(cloud: CloudName, sizeBytes: number): void {
  const {title, unitBytes} = clouds[cloud]
  if (sizeBytes % unitBytes === 0) return
  const unit = unitBytes === GiB ? 'GiB' : 'MiB'
  throw new HaosError(
    'INPUT_INVALID',
    `${title} accepts only disks of whole ${unit}, but this one is ${sizeBytes} bytes`,
    {
      hint: `Write --size ${Math.ceil(sizeBytes / unitBytes)}${unit[0]}.`,
      at: '--size',
    },
  )
}
