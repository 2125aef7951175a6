import type {Arch} from '#dsl'
import type {CloudName} from './clouds.ts'

/** Parameters of a template. */
export interface PackerImage {
  /** Name of the image in the cloud: lower-case letters, digits and dashes. */
  readonly name: string
  readonly title: string
  readonly arch: Exclude<Arch, 'arm'>
  /** File name of the ISO, next to the template. */
  readonly iso: string
}

/** A value of Packer's JSON; a text may hold expressions such as `${var.region}`. */
type Json = string | number | boolean | readonly Json[] | {readonly [key: string]: Json}

interface Variable {
  readonly description: string
  readonly default?: string
}

/** How Packer starts a machine with a stock Debian in a cloud, and makes an image of its disk once the machine is powered off. */
interface PackerCloud {
  /** Name and source of the plug-in, and the minimum version. */
  readonly plugin: {readonly name: string; readonly source: string; readonly version: string}
  readonly builder: string
  // A variable has no default if a wrong one would cost money in another region.
  readonly variables: Readonly<Record<string, Variable>>
  /** Arguments of the builder. */
  readonly source: (image: PackerImage) => {readonly [key: string]: Json}
  /** A local command whose output contains `off` when the cloud's machine is powered off. Absent if Packer itself waits. */
  readonly state?: {readonly command: string; readonly off: string}
}

/** Name of the machine that becomes the image, unique for each run. */
const instance = 'takeover-${formatdate("YYYYMMDDhhmmss", timestamp())}'

const packerClouds = {
  aws: {
    plugin: {name: 'amazon', source: 'github.com/hashicorp/amazon', version: '>= 1.2.0'},
    builder: 'amazon-ebs',
    variables: {region: {description: 'Region of the AMI, such as eu-central-1'}},
    source: ({name, title, arch}) => ({
      region: '${var.region}',
      instance_type: arch === 'arm64' ? 't4g.small' : 't3.small',
      ssh_username: 'admin',
      // Packer then waits for the machine to power off instead of stopping it.
      disable_stop_instance: true,
      shutdown_behavior: 'stop',
      ami_name: name,
      ami_description: title,
      ena_support: true,
      aws_polling: {delay_seconds: 15, max_attempts: 120},
      source_ami_filter: {
        filters: {name: `debian-13-${arch}-*`, 'root-device-type': 'ebs', 'virtualization-type': 'hvm'},
        // Debian's own account (wiki.debian.org/Cloud/AmazonEC2Image).
        owners: ['136693071363'],
        most_recent: true,
      },
    }),
  },
  gcp: {
    plugin: {name: 'googlecompute', source: 'github.com/hashicorp/googlecompute', version: '>= 1.1.0'},
    builder: 'googlecompute',
    variables: {
      project_id: {description: 'Project of the image'},
      zone: {description: 'Zone of the machine that becomes the image', default: 'europe-west3-a'},
    },
    source: ({name, title, arch}) => ({
      project_id: '${var.project_id}',
      zone: '${var.zone}',
      instance_name: '${local.instance}',
      machine_type: arch === 'arm64' ? 't2a-standard-1' : 'e2-small',
      source_image_family: `debian-13${arch === 'arm64' ? '-arm64' : ''}`,
      source_image_project_id: ['debian-cloud'],
      ssh_username: 'packer',
      image_name: name,
      image_description: title,
    }),
    state: {
      command:
        "gcloud compute instances describe '${local.instance}' --project='${var.project_id}' --zone='${var.zone}' --format='value(status)'",
      off: 'TERMINATED',
    },
  },
  azure: {
    plugin: {name: 'azure', source: 'github.com/hashicorp/azure', version: '>= 2.0.0'},
    builder: 'azure-arm',
    variables: {
      subscription_id: {description: 'Subscription; run az login first'},
      resource_group: {description: 'Existing resource group for the image'},
    },
    source: ({name, arch}) => ({
      use_azure_cli_auth: true,
      subscription_id: '${var.subscription_id}',
      build_resource_group_name: '${var.resource_group}',
      temp_compute_name: '${substr(local.instance, 0, 15)}',
      vm_size: arch === 'arm64' ? 'Standard_B2pls_v2' : 'Standard_B2s',
      os_type: 'Linux',
      image_publisher: 'Debian',
      image_offer: 'debian-13',
      image_sku: arch === 'arm64' ? '13-arm64' : '13-gen2',
      managed_image_name: name,
      managed_image_resource_group_name: '${var.resource_group}',
    }),
    state: {
      command:
        "az vm get-instance-view --subscription '${var.subscription_id}' --resource-group '${var.resource_group}' --name '${substr(local.instance, 0, 15)}' --query 'instanceView.statuses[?starts_with(code, `PowerState/`)].code' --output tsv",
      off: 'PowerState/stopped',
    },
  },
  openstack: {
    plugin: {name: 'openstack', source: 'github.com/hashicorp/openstack', version: '>= 1.1.0'},
    builder: 'openstack',
    variables: {
      source_image: {description: 'Name of an image with Debian or Ubuntu'},
      flavor: {description: 'Flavor of the machine that becomes the image'},
      network: {description: 'Id of its network'},
      ssh_username: {description: 'User of the source image', default: 'debian'},
    },
    source: ({name}) => ({
      source_image_name: '${var.source_image}',
      flavor: '${var.flavor}',
      networks: ['${var.network}'],
      ssh_username: '${var.ssh_username}',
      instance_name: '${local.instance}',
      image_name: name,
    }),
    state: {command: "openstack server show '${local.instance}' --format value --column status", off: 'SHUTOFF'},
  },
} as const satisfies Partial<Record<CloudName, PackerCloud>>

/** Clouds with stock images that can be taken over, and a Packer builder that accepts a machine which powers itself off. */
export type PackerCloudName = keyof typeof packerClouds
export const packerCloudNames = Object.keys(packerClouds) as PackerCloudName[]

/** Packer's plug-in for a cloud, in a separate file because its syntax differs between versions of Packer. */
export function renderPackerPlugins(cloud: PackerCloudName): string {
  const {name, source, version} = packerClouds[cloud].plugin
  return renderJson({packer: {required_plugins: {[name]: {source, version}}}})
}

/**
 * A template for Packer, in the JSON form of its language, that boots a stock Debian in the cloud, installs the image over it,
 * and makes an image of the disk.
 *
 * The machine powers itself off after it has removed the old system; the image must not be made before that.
 */
export function renderPackerTemplate(cloud: PackerCloudName, image: PackerImage): string {
  const {builder, variables, source, state}: PackerCloud = packerClouds[cloud]
  const config = {description: 'config.yaml of the image', default: 'config.yaml'}
  const install = `sudo sh /var/tmp/install.sh --takeover --no-format --config /var/tmp/config.yaml "$(findmnt --noheadings --first-only --output SOURCE /)" /var/tmp/${image.iso}`
  const typed = Object.entries({...variables, config}).map(([name, variable]) => [name, {type: 'string', ...variable}])
  return renderJson({
    variable: Object.fromEntries(typed),
    locals: {instance},
    source: {[builder]: {takeover: source(image)}},
    build: {
      sources: [`source.${builder}.takeover`],
      provisioner: [
        {file: {sources: [`\${path.root}/${image.iso}`, '${path.root}/install.sh'], destination: '/var/tmp/'}},
        {file: {source: '${path.root}/${var.config}', destination: '/var/tmp/config.yaml'}},
        // It restarts the machine; the next boot deletes the old system and powers the machine off.
        {shell: {expect_disconnect: true, inline: [install]}},
        ...(state === undefined ? [] : [{'shell-local': {inline: [waitFor(state)]}}]),
      ],
    },
  })
}

const waitFor = ({command, off}: {readonly command: string; readonly off: string}): string =>
  `n=0; until ${command} | grep -qx ${off}; do n=$((n + 1)); [ $n -lt 120 ] || { echo 'the machine did not power off within half an hour' >&2; exit 1; }; sleep 15; done`

const renderJson = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`
