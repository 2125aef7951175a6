import {programPath} from '#dsl'
import {artifactNames, containerTools, defineTarget, ociArchive, type PlannedImage, releaseFiles} from '#image'
import {layerList, releaseFile, systemPaths} from '#layout'
import {containerApplets, containerPrograms, trustedAuthorities} from './container-programs.ts'

/** An image for containers that contains the release and upgrades the node on which it runs. */
export const ociTarget = defineTarget({
  kind: 'oci',
  summary: 'an image for containers and registries that upgrades the node it runs on',
  plan({image, plan}) {
    const {spec, arch, program, release} = image
    const {identity, name, version} = spec
    const placed = placedFiles(image)
    const tools = plan.add(
      containerTools,
      {packages: image.packages, busybox: image.local.busybox},
      {programs: [...containerPrograms], applets: containerApplets, files: [...trustedAuthorities]},
      'programs of the container',
    )
    const archive = plan.add(
      ociArchive,
      {
        tools,
        files: placed.map(({from}) => from),
        release,
        program: [program.program, ...program.parts.map(({file}) => file)],
      },
      {
        ...{name, version},
        ...platformOf(arch),
        entrypoint: [identity.name],
        env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        annotations: {
          'org.opencontainers.image.created': new Date(spec.epoch * 1000).toISOString().replace('.000', ''),
          'org.opencontainers.image.title': name,
          'org.opencontainers.image.description': `${identity.title} ${version}: upgrades the node that it runs on`,
          'org.opencontainers.image.version': version,
        },
        files: placed.map(({file, path, mode}) => ({file, path, mode})),
        release: relative(`${systemPaths(identity).own.of(version)}/${releaseFile}`),
        // The tree of the programs has /usr/bin and /usr/lib as symlinks.
        program: [programPath(identity), ...program.parts.map(({path}) => path)].map((path) =>
          relative(path.replace(/^\/usr\/(bin|lib)\//, '/$1/')),
        ),
        ...releaseLinks(image),
      },
      'image for containers',
    )
    return [{...artifactNames(image, '.tar', 'oci'), role: 'oci', from: archive}]
  },
})

/** Of each file of the release: its path in it, and the path in its layer, which is the same for all versions. */
function placedFiles(image: PlannedImage) {
  const {identity} = image.spec
  return releaseFiles(image.spec, image).map(({path, file}) => {
    const [part = '', , base = ''] = path.split('/')
    const mode = part === identity.kubernetes ? 0o755 : 0o644
    return {file: path, path: relative(`${identity.systemDir}/files/${part}/${base}`), mode, from: file}
  })
}

/** The directories of the versions, as on a medium, with symlinks to the files. */
function releaseLinks(image: PlannedImage) {
  const {spec, kernelVersion, layers, kubernetes} = image
  const {identity, version} = spec
  const {own, kernel, kubernetes: program} = systemPaths(identity)
  return {
    texts: {[relative(`${own.of(version)}/${layerList}`)]: `${layers.map(({name}) => name).join('\n')}\n`},
    links: {
      ...Object.fromEntries(
        placedFiles(image).map(({file, path}) => [
          relative(`${identity.systemDir}/${file}`),
          `../../${path.slice(identity.systemDir.length)}`,
        ]),
      ),
      [relative(own.current)]: version,
      [relative(kernel.current)]: kernelVersion,
      ...(kubernetes && {[relative(program.current)]: kubernetes.version}),
    },
  }
}

/** What a registry calls an architecture (Go's names; OCI image specification, "Platform Variants"). */
const platformOf = (arch: PlannedImage['arch']) => ({architecture: arch, ...(arch === 'arm' && {variant: 'v7'})})

const relative = (path: string): string => path.slice(1)
