import {programPath} from '#dsl'
import {artifactNames, containerTools, defineTarget, ociArchive, type PlannedImage, releaseFiles} from '#image'
import {releaseFile, systemPaths} from '#layout'
import {systemFiles} from '../system-files.ts'
import {containerApplets, containerPrograms, trustedAuthorities} from './container-programs.ts'

/** An image for containers that contains the release and upgrades the node on which it runs. */
export const ociTarget = defineTarget({
  kind: 'oci',
  summary: 'an image for containers and registries that upgrades the node it runs on',
  upgradesNodes: true,
  plan({image, plan}) {
    const {spec, arch, program, release, signatures} = image
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
        signatures: signatures === undefined ? [] : [signatures],
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
  const {modes} = systemFiles(image)
  return releaseFiles(image.spec, image).map(({path: file, file: from}) => {
    const [part = '', , name = ''] = file.split('/')
    const mode = Number.parseInt(modes[relative(`${identity.systemDir}/${file}`)] ?? '0644', 8)
    return {file, path: relative(`${identity.systemDir}/files/${part}/${name}`), mode, from}
  })
}

/** The directories of the versions, as on a medium, with symlinks to the files. Without the config, which is that of a node. */
function releaseLinks(image: PlannedImage) {
  const {systemDir} = image.spec.identity
  const {texts, links, configPath} = systemFiles(image)
  const files = placedFiles(image).map(({file, path}) => {
    return [relative(`${systemDir}/${file}`), `../../${path.slice(systemDir.length)}`] as const
  })
  return {
    texts: Object.fromEntries(Object.entries(texts).filter(([path]) => path !== configPath)),
    links: {...Object.fromEntries(files), ...links},
  }
}

/** What a registry calls an architecture (Go's names; OCI image specification, "Platform Variants"). */
const platformOf = (arch: PlannedImage['arch']) => ({architecture: arch, ...(arch === 'arm' && {variant: 'v7'})})

const relative = (path: string): string => path.slice(1)
