export type {BuiltArtifact} from './build.ts'
export {
  type BuildProjectOptions,
  buildProjects,
  explainPackage,
  explainProject,
  lockProject,
  type Project,
  type Workshop,
} from './build-project.ts'
export {
  changeGrubMenu,
  type GrubEntry,
  type GrubMenu,
  type GrubMenuChanges,
  isKernelWord,
  parseGrubMenu,
  renderKernelArguments,
  splitKernelArguments,
} from './grub-menu.ts'
export type {Http, HttpOptions, HttpResponse} from './http.ts'
export {checkMedium, recogniseImage} from './machine/check-medium.ts'
export {recogniseFormat} from './machine/disk-file.ts'
export {parseDisk, parseSize} from './machine/parse-size.ts'
export {type MachineRun, type RunMachineOptions, runMachine} from './machine/run-machine.ts'
export {nodeHttp} from './node-http.ts'
export {artifactNames, type NamedImage} from './plan/artifact-names.ts'
export {biosModules, bootLoaders, type DiskLoaders, efiModules} from './plan/boot-loaders.ts'
export {chainTo} from './plan/explain-image-package.ts'
export type {ExplainedStep} from './plan/explain-plan.ts'
export {type Artifact, type Plan, PlanBuilder} from './plan/plan.ts'
export type {PlannedImage} from './plan/plan-image.ts'
export {renderDot, renderMermaid, renderPlan} from './plan/print-plan.ts'
export {
  definePackageSource,
  type ExplainContext,
  type LockContext,
  type LockedPackage,
  type PackageRequest,
  type PackageSource,
  type PackedPackages,
  type PinnedPackages,
  type WantedPackage,
  type WellKnownPackages,
} from './plan/source.ts'
export {defineStep, type Ref, type Step, type StepContext, type StepKind} from './plan/step.ts'
export {localBootDirectory} from './plan/system-parts.ts'
export {defineTarget, type Target, type TargetOutput} from './plan/target.ts'
export {plainVariant, type Variant, variantOf} from './plan/variant.ts'
export {readBody} from './read-body.ts'
export type {BuildEvent, EmitEvent} from './run/events.ts'
export {encodeCpio, readCpio} from './steps/cpio.ts'
export {type ConvertedFormat, diskFormat, settleDiskFormat} from './steps/disk-format.ts'
export {diskImage} from './steps/disk-image.ts'
export {efiPartition} from './steps/efi-partition.ts'
export {fetchFile} from './steps/fetch.ts'
export {grubImage} from './steps/grub-image.ts'
export {encodeInitrdTail, type InitrdTail, readInitrdTail} from './steps/initrd-tail.ts'
export {type InodeRequest, renderInodeRequests} from './steps/inode-requests.ts'
export {iso9660} from './steps/iso9660.ts'
export {liveInitrd} from './steps/live-initrd.ts'
export {ova} from './steps/ova.ts'
export {packedDisk} from './steps/packed-disk.ts'
export {pickFile} from './steps/pick-file.ts'
export {rootTarball} from './steps/root-tarball.ts'
export {squashfs} from './steps/squashfs.ts'
export {takenOverDisk} from './steps/taken-over-disk.ts'
export {encodeHeader, encodePax, parseHeader, parsePax, type TarHeader} from './steps/tar-format.ts'
export {textFile} from './steps/text-file.ts'
export {
  contentSize,
  readContent,
  readTree,
  type TreeContent,
  type TreeEntry,
  withParents,
  writeTree,
} from './steps/tree-archive.ts'
export {type CacheInfo, cacheInfo, type PruneResult, pruneCache} from './store/cache.ts'
export {copyWithHoles} from './store/copy-sparse.ts'
export {type Digest, digestOf, digestOfBytes, digestOfFile} from './store/digest.ts'
export {makeDirectory} from './store/make-directory.ts'
export {defaultStoreDirectory, Store} from './store/store.ts'
export {belongsToLiving, workName} from './store/work-name.ts'
export {halfOf, removeHalves, writeAtomically} from './store/write-atomically.ts'
export {mediumOf} from './testing.ts'
export {allTools} from './tools/all-tools.ts'
export {type Diagnosis, diagnose} from './tools/doctor.ts'
export {dpkgDeb} from './tools/dpkg-deb.ts'
export {changeInodes, checkExt, readExt} from './tools/e2fsprogs.ts'
export {ensureTools} from './tools/ensure-tools.ts'
export {type DiskFileFormat, qemuImgConvert, qemuImgCreate, qemuImgInfo, qemuImgToRaw} from './tools/qemu-img.ts'
export {qemuSystem} from './tools/qemu-system.ts'
export {isDiskFull, runTool} from './tools/run-tool.ts'
export {listPartitions} from './tools/sfdisk.ts'
export {shellQuote} from './tools/shell-quote.ts'
export {defineTool, findTool, type Tool, type ToolRun, toolMissing} from './tools/tool.ts'
export {type AnyTool, Toolbox} from './tools/toolbox.ts'
export {uefiFirmware} from './tools/uefi-firmware.ts'
export {xorrisoExtract} from './tools/xorriso-extract.ts'
export {xorrisoRewrite} from './tools/xorriso-rewrite.ts'
export {unxz} from './tools/xz.ts'
