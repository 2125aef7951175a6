export {type AccountFiles, addAccounts, NewGroup, NewUser, ownerIds} from './accounts.ts'
export {encodeCpio, readCpio} from './cpio/cpio.ts'
export {encodeInitrdTail, type InitrdTail, readInitrdTail} from './cpio/initrd-tail.ts'
export {checkMedium, recogniseImage} from './disk/check-medium.ts'
export type {DiskFormat} from './disk/disk-format.ts'
export {diskFormatOf} from './disk/disk-format-of.ts'
export {type ConvertedFormat, normalizeDiskFormat} from './disk/normalize-disk-format.ts'
export {recogniseArch} from './disk/recognise-arch.ts'
export {renderInodeRequests} from './ext/inode-requests.ts'
export {
  changeGrubMenu,
  type GrubEntry,
  type GrubMenu,
  type GrubMenuChanges,
  isKernelWord,
  parseDefaultEntry,
  parseGrubMenu,
  splitKernelArguments,
} from './grub-menu.ts'
export type {Extent} from './iso9660/directory-records.ts'
export {type IsoEntry, IsoImage} from './iso9660/iso-image.ts'
export {kernelArch, kernelStartBytes} from './kernel-arch.ts'
export {filterModuleLists, moduleClosure, parseModuleIndex, unknownModules} from './kernel-modules.ts'
export {nativeModule} from './native-module.ts'
export {encodeNodesFile, joinNodesFile, type NodeOfFile, nodeBlocks} from './nodes-file.ts'
export {type OciDocument, ociTagOf, renderOciDocument, renderOciImage, renderOciIndex} from './oci/oci-documents.ts'
export {parseElf} from './parse-elf.ts'
export {encodeHeader, parseHeader, parsePax, type TarHeader} from './tar/tar-format.ts'
export {readTarMembers, type TarMember} from './tar/tar-members.ts'
export {
  contentSize,
  readContent,
  readTree,
  type TreeContent,
  type TreeEntry,
  withParents,
  writeTree,
} from './tar/tree-archive.ts'
