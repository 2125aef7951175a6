import type {Host} from '../host/host.ts'

/** Fields of SMBIOS below /sys/class/dmi/id (dmi-sysfs of the kernel). */
type Field = 'sys_vendor' | 'product_name' | 'product_serial' | 'product_uuid' | 'chassis_asset_tag'

/**
 * What the firmware of each cloud's machines says, in the fields of SMBIOS.
 *
 * Sources: `tools/ds-identify` and `cloudinit/sources/` of cloud-init 26.2; of Azure "DataSourceAzure", of EC2 "Detect whether a host is an
 * EC2 instance" in its user guide, of Google "Detect if a VM is running in Compute Engine".
 */
const marks: Readonly<Record<string, Partial<Record<Field, RegExp>>>> = {
  aws: {sys_vendor: /Amazon EC2/, product_uuid: /^ec2/i},
  azure: {chassis_asset_tag: /^7783-7084-3265-9085-8269-3286-77$/},
  gcp: {sys_vendor: /Google/, product_name: /Google/, product_serial: /^GoogleCloud-/},
  hetzner: {sys_vendor: /Hetzner/},
  openstack: {
    sys_vendor: /OpenStack/,
    product_name: /OpenStack/,
    chassis_asset_tag: /OpenStack|OpenTelekomCloud|^SAP CCloud VM$|^HUAWEICLOUD$/,
  },
  scaleway: {sys_vendor: /Scaleway/i},
  vultr: {sys_vendor: /Vultr/i},
  digitalocean: {sys_vendor: /DigitalOcean/},
  exoscale: {sys_vendor: /Exoscale/, product_name: /^Exoscale/},
  oracle: {chassis_asset_tag: /^OracleCloud\.com$/},
  upcloud: {sys_vendor: /^UpCloud$/},
  akamai: {sys_vendor: /^(?:Akamai|Linode)$/},
  vmware: {sys_vendor: /^VMware/},
}

/** Whether a source is a cloud that firmware can name. */
export const isNameable = (name: string): boolean => name in marks

/** The cloud that the firmware of this machine names; undefined if it is of none of those known. */
export const cloudOf = (host: Host): string | undefined => cloudsNamed(host)[0]

/** All clouds whose mark the firmware has. */
export function cloudsNamed(host: Host): readonly string[] {
  const read = (field: string) => host.read(`/sys/class/dmi/id/${field}`)?.trim() ?? ''
  return Object.entries(marks)
    .filter(([, fields]) => Object.entries(fields).some(([field, mark]) => mark.test(read(field))))
    .map(([name]) => name)
}
