/**
 * The least that depmod and modinfo accept as a module: an ELF header, and a table of sections with their names and what the module
 * says of itself (elf(5)).
 *
 * `fields`: `key=value` each. Default: none, which modinfo refuses.
 */
export function emptyModule(fields: readonly string[] = []): Uint8Array {
  const [headerBytes, sectionBytes] = [64, 64]
  const type = {relocatable: 1, x86_64: 62, data: 1, stringTable: 3}
  const names = fields.length === 0 ? '\0.shstrtab\0' : '\0.shstrtab\0.modinfo\0'
  const said = fields.map((field) => `${field}\0`).join('')
  const sections = [
    {name: names.indexOf('.shstrtab'), type: type.stringTable, content: names},
    ...(fields.length === 0 ? [] : [{name: names.indexOf('.modinfo'), type: type.data, content: said}]),
  ]
  // The first section of every table is empty.
  const contentAt = headerBytes + (1 + sections.length) * sectionBytes
  const file = Buffer.alloc(contentAt + sections.reduce((sum, {content}) => sum + content.length, 0))
  file.write('\x7fELF\x02\x01\x01', 'latin1')
  file.writeUInt16LE(type.relocatable, 16)
  file.writeUInt16LE(type.x86_64, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(headerBytes), 40)
  file.writeUInt16LE(headerBytes, 52)
  file.writeUInt16LE(sectionBytes, 58)
  file.writeUInt16LE(1 + sections.length, 60)
  file.writeUInt16LE(1, 62)
  let at = contentAt
  for (const [index, {name, type: kind, content}] of sections.entries()) {
    const section = headerBytes + (1 + index) * sectionBytes
    file.writeUInt32LE(name, section)
    file.writeUInt32LE(kind, section + 4)
    file.writeBigUInt64LE(BigInt(at), section + 24)
    file.writeBigUInt64LE(BigInt(content.length), section + 32)
    file.write(content, at, 'latin1')
    at += content.length
  }
  return file
}
