export {
  bootEnvironmentPath,
  readBootEnvironment,
  renderBootEnvironment,
  type Trial,
  trialFile,
} from './boot-environment.ts'
export {grubCore, withGrubBootCode, withoutBootCode} from './boot-sectors.ts'
export {
  commandLineBytes,
  commandLineLimit,
  grubCommandLine,
  ipxeCommandLine,
  renderKernelArguments,
} from './command-line.ts'
export {
  bootCommandsFile,
  DiskBoot,
  type DiskMenuOptions,
  diskBootPaths,
  diskCommandLines,
  diskEarlyConfig,
  grubFindBeside,
  isDiskLoader,
  quoteGrubWord,
  renderBootCommands,
  renderDiskMenu,
  serialTerminal,
} from './disk-boot.ts'
export {
  defaultMinStateBytes,
  efiLabel,
  layOutDisk,
  type PartitionTable,
  partitionDevice,
  partitionOf,
  renderSfdiskScript,
} from './disk-layout.ts'
export {archOfLoaders, efiLoaderNames} from './efi-loaders.ts'
export {mediumIdPath} from './medium-id.ts'
export {nodesFile} from './nodes-file.ts'
export {OciConfig, OciDescriptor, OciIndex, OciManifest, oci, PlacedFiles} from './oci.ts'
export {Release, releaseFile} from './release.ts'
export {releaseSignatures} from './release-signatures.ts'
export {
  AreaPaths,
  areaMagic,
  areaPath,
  largePath,
  layOutArea,
  type ReservedName,
  renderAreaHeader,
  reservedNames,
  SECTOR,
  slotBytes,
} from './reserved-area.ts'
export {kernelFiles, layerList, menuPath, networkBootFiles, systemPaths} from './system-paths.ts'
export {digestInUpdateHeader, renderUpdateHeader, updateHeaderBytes} from './update-file.ts'
