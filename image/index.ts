export {artifactNames, type NamedImage} from './artifact-names.ts'
export type {EfiLoader} from './boot-loader/boot-loader.ts'
export type {BuiltArtifact} from './build.ts'
export {
  buildProjects,
  describeKernels,
  explainPackage,
  explainProjects,
  lockProjects,
  solveProject,
} from './build-project.ts'
export type {ExplainedKernel} from './kernel/explain-kernels.ts'
export type {DescribedKernel} from './kernel/read-kernels.ts'
export {chainTo} from './lock/explain-image-package.ts'
export {plainVariant, variantOf} from './lock/variant.ts'
export {loadLocalPackages} from './overlay/load-local-packages.ts'
export {loadRepositoryKeys, readKeyFile} from './overlay/load-repository-keys.ts'
export type {PlannedImage} from './plan-image.ts'
export {rebuildProjects} from './rebuild-projects.ts'
export {releaseFiles} from './release-files.ts'
export {commandSigner} from './signature/command-signer.ts'
export {loadSigner, passphraseVariable} from './signature/load-signer.ts'
export {loadUpgradeKeys} from './signature/load-upgrade-keys.ts'
export {publicKeyId} from './signature/public-key.ts'
export {
  definePackageSource,
  type ExplainContext,
  type LockContext,
  type LockedPackage,
  type PackageRequest,
  type PackageSource,
  type PinnedPackages,
  type WantedPackage,
  type WellKnownPackages,
} from './source.ts'
export {efiPartition} from './steps/boot/efi-partition.ts'
export {liveInitrd} from './steps/boot/live-initrd.ts'
export {fetchFile} from './steps/fetch.ts'
export {containerTools} from './steps/output/container-tools.ts'
export {diskFormat} from './steps/output/disk-format.ts'
export {diskImage} from './steps/output/disk-image.ts'
export {iso9660} from './steps/output/iso9660.ts'
export {ociArchive} from './steps/output/oci-archive.ts'
export {ova} from './steps/output/ova.ts'
export {packedDisk} from './steps/output/packed-disk.ts'
export {rootTarball} from './steps/output/root-tarball.ts'
export {updateFile} from './steps/output/update-file.ts'
export {PackagePaths} from './steps/system/package-paths.ts'
export {textFile} from './steps/text-file.ts'
export {localBootDirectory} from './system-parts.ts'
export {defineTarget, type Target, type TargetOutput} from './target.ts'
export type {ToolContext, ToolSource} from './tool-source.ts'
export type {Project, Workshop} from './workshop.ts'
