/** The least that depmod accepts as a module: an ELF header, and a table of sections with only their names (elf(5)). */
export function emptyModule(): Uint8Array {
  const [headerBytes, sectionBytes, names] = [64, 64, '\0.shstrtab\0']
  const namesAt = headerBytes + 2 * sectionBytes
  const file = Buffer.alloc(namesAt + names.length)
  file.write('\x7fELF\x02\x01\x01', 'latin1')
  const type = {relocatable: 1, x86_64: 62, stringTable: 3}
  file.writeUInt16LE(type.relocatable, 16)
  file.writeUInt16LE(type.x86_64, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(headerBytes), 40)
  file.writeUInt16LE(headerBytes, 52)
  file.writeUInt16LE(sectionBytes, 58)
  file.writeUInt16LE(2, 60)
  file.writeUInt16LE(1, 62)
  const section = headerBytes + sectionBytes
  file.writeUInt32LE(1, section)
  file.writeUInt32LE(type.stringTable, section + 4)
  file.writeBigUInt64LE(BigInt(namesAt), section + 24)
  file.writeBigUInt64LE(BigInt(names.length), section + 32)
  file.write(names, namesAt, 'latin1')
  return file
}
