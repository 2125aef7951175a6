import {createReadStream} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import * as z from 'zod'
import {defineStep, digestOfBytes, digestOfFile} from '#engine'
import {encodeHeader} from '#formats'

/**
 * Packs a VMDK and the description of its machine into one file (DSP0243, Open Virtualization Format 1.1, "OVF
 * package").
 */
export const ova = defineStep({
  kind: 'ova',
  revision: 1,
  summary: 'packs the machine',
  inputs: {disk: 'file'},
  output: 'file',
  options: z.strictObject({
    /** Name of the files inside, without extension. */
    name: z.string(),
    title: z.string(),
    version: z.string(),
    /** Size of the disk as the machine sees it. */
    capacityBytes: z.int(),
  }),
  tools: [],
  async run({inputs, options, output, epoch}) {
    const {size} = await stat(inputs.disk)
    const ovf = Buffer.from(renderOvf(options, size))
    const names = {ovf: `${options.name}.ovf`, mf: `${options.name}.mf`, disk: `${options.name}.vmdk`}
    const mf = Buffer.from(
      `SHA256(${names.ovf})= ${digestOfBytes(ovf)}\nSHA256(${names.disk})= ${await digestOfFile(inputs.disk)}\n`,
    )
    await using file = await open(output, 'w')
    const add = async (name: string, sizeBytes: number, content: Uint8Array | ReturnType<typeof createReadStream>) => {
      await file.writeFile(headerOf(name, sizeBytes, epoch))
      await file.writeFile(content)
      await file.writeFile(new Uint8Array((512 - (sizeBytes % 512)) % 512))
    }
    // The description comes first, so that a reader of the stream knows what follows.
    await add(names.ovf, ovf.length, ovf)
    await add(names.mf, mf.length, mf)
    await add(names.disk, size, createReadStream(inputs.disk))
    await file.writeFile(new Uint8Array(1024))
  },
})

const headerOf = (name: string, sizeBytes: number, mtime: number): Uint8Array =>
  encodeHeader({name, linkName: '', type: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes, mtime, major: 0, minor: 0})

const escapeXml = (text: string): string => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** A machine with two processors, 2 GiB of memory, the disk at an LSI controller, and one network card. */
function renderOvf(
  {name, title, version, capacityBytes}: {name: string; title: string; version: string; capacityBytes: number},
  sizeBytes: number,
): string {
  const item = (id: number, type: number, elements: Readonly<Record<string, string | number>>) => {
    const lines = Object.entries({InstanceID: id, ResourceType: type, ...elements})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `        <rasd:${key}>${escapeXml(String(value))}</rasd:${key}>\n`)
    return `      <Item>\n${lines.join('')}      </Item>\n`
  }
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:href="${escapeXml(name)}.vmdk" ovf:id="file1" ovf:size="${sizeBytes}"/>
  </References>
  <DiskSection>
    <Info>Disks of the machine</Info>
    <Disk ovf:capacity="${capacityBytes}" ovf:capacityAllocationUnits="byte" ovf:diskId="disk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <NetworkSection>
    <Info>Networks of the machine</Info>
    <Network ovf:name="VM Network"><Description>The only network</Description></Network>
  </NetworkSection>
  <VirtualSystem ovf:id="${escapeXml(name)}">
    <Info>A node</Info>
    <Name>${escapeXml(title)}</Name>
    <OperatingSystemSection ovf:id="101">
      <Info>Linux, 64 bits</Info>
    </OperatingSystemSection>
    <ProductSection>
      <Info>The system</Info>
      <Product>${escapeXml(title)}</Product>
      <Version>${escapeXml(version)}</Version>
    </ProductSection>
    <VirtualHardwareSection>
      <Info>Hardware of the machine</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${escapeXml(name)}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>
      </System>
${[
  item(1, 3, {ElementName: '2 processors', VirtualQuantity: 2}),
  item(2, 4, {ElementName: '2048 MiB of memory', AllocationUnits: 'byte * 2^20', VirtualQuantity: 2048}),
  item(3, 6, {ElementName: 'SCSI controller', ResourceSubType: 'lsilogic', Address: 0}),
  item(4, 17, {ElementName: 'Disk', HostResource: 'ovf:/disk/disk1', Parent: 3, AddressOnParent: 0}),
  item(5, 10, {
    ElementName: 'Network card',
    ResourceSubType: 'VmxNet3',
    Connection: 'VM Network',
    AddressOnParent: 7,
    AutomaticAllocation: 'true',
  }),
].join('')}    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`
}
