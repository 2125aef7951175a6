import {HaosError} from '#dsl'
import type {PlanBuilder} from '#engine'
import {artifactNames, defineTarget, type PlannedImage, type Target, textFile} from '#image'
import {stringify} from '../config-yaml.ts'
import {loginWarning} from '../login-warning.ts'
import type {BaseDisk} from './base-disk.ts'
import {cloudWarnings} from './cloud-warnings.ts'
import {type CloudName, checkCloudSize, cloudImageName, clouds} from './clouds.ts'
import {type PackerCloudName, packerCloudNames, renderPackerPlugins, renderPackerTemplate} from './packer-template.ts'
import {takenOverDisk} from './taken-over-disk.ts'
import {planCloudFiles} from './target.ts'
import {withDataSource} from './with-data-source.ts'

/** Default size of the disk, in bytes: stock images are up to 3.5 GiB. */
const defaultTakeoverBytes = 4 * 2 ** 30

export interface TakeoverOptions {
  /** Target that makes the ISO to install. */
  readonly iso: Target
  /** Image to take over in a virtual machine on the build machine. Default: a template that does so in the cloud. */
  readonly base?: BaseDisk | undefined
  /** With `base`: size of the disk. Default: 4 GiB. */
  readonly sizeBytes?: number | undefined
}

/**
 * An image made by installing the system over a stock one: on the build machine, or by Packer in the cloud.
 *
 * Fails with INPUT_INVALID for a size that the cloud refuses, and with USAGE_INVALID if the cloud has nothing to take over.
 */
export function takeoverTarget(name: CloudName, {iso, base, sizeBytes}: TakeoverOptions): Target {
  if (base !== undefined) return localTakeover(name, iso, base, sizeBytes ?? defaultTakeoverBytes)
  if (sizeBytes !== undefined) {
    throw new HaosError('USAGE_INVALID', "--size does not apply to a template: the image gets the stock image's size", {
      at: '--size',
      hint: 'Leave it out, or name the image to take over with --base.',
    })
  }
  const cloud = packerCloudNames.find((each) => each === name)
  if (cloud === undefined) {
    throw new HaosError('USAGE_INVALID', `there is no template that takes over a machine on ${clouds[name].title}`, {
      at: '--mode',
      hint: `Name the image to take over with --base, or choose one of: ${packerCloudNames.join(', ')}.`,
    })
  }
  return packerTakeover(cloud, iso)
}

const localTakeover = (name: CloudName, iso: Target, base: BaseDisk, sizeBytes: number): Target => {
  checkCloudSize(name, sizeBytes)
  return defineTarget({
    kind: `cloud-${name}-takeover`,
    summary: `image for ${clouds[name].title}, installed over another system`,
    warnings: (image) => cloudWarnings(image, name, `${name}-takeover`),
    plan({image: plain, plan}) {
      const image = withDataSource(plain, name)
      plan.origin(base.sha256, [base.path])
      const disk = plan.add(
        takenOverDisk[virtualArch(image)],
        {iso: planIso(iso, image, plan), installer: planInstaller(image, plan)},
        {base: base.sha256, sizeBytes},
        'taken over disk',
      )
      return planCloudFiles(name, {image, plan, disk, sizeBytes, variant: `${name}-takeover`})
    },
  })
}

const packerTakeover = (name: PackerCloudName, isoTarget: Target): Target =>
  defineTarget({
    kind: `cloud-${name}-template`,
    summary: `Packer template that makes an image for ${clouds[name].title} from a stock one`,
    warnings: (image) => loginWarning(withDataSource(image, name), '', `${name}-takeover`),
    plan({image: plain, plan}) {
      const image = withDataSource(plain, name)
      const {spec} = image
      const named = (file: string) => artifactNames(image, `/${file}`, `${name}-takeover`)
      const iso = `${spec.name}.iso`
      const template = renderPackerTemplate(name, {
        name: cloudImageName(image),
        title: `${spec.identity.title} ${spec.version}`,
        arch: virtualArch(image),
        iso,
      })
      const text = (what: string, content: string) => plan.add(textFile, {}, {text: content}, what)
      return [
        {...named('image.pkr.json'), role: 'packer-template', from: text('Packer template', template)},
        {
          ...named('plugins.pkr.json'),
          role: 'packer-plugins',
          from: text('Packer plug-ins', renderPackerPlugins(name)),
        },
        {...named('config.yaml'), role: 'config', from: text('config', stringify(spec.config))},
        {...named('install.sh'), role: 'installer', from: planInstaller(image, plan)},
        {...named(iso), role: 'installation-iso', from: planIso(isoTarget, image, plan)},
      ]
    },
  })

const planInstaller = ({installScript}: PlannedImage, plan: PlanBuilder) =>
  plan.add(textFile, {}, {text: installScript}, 'install.sh')

function planIso(target: Target, image: PlannedImage, plan: PlanBuilder) {
  const [iso] = target.plan({image, plan})
  if (iso === undefined) throw new Error(`the target ${target.kind} makes no file`)
  return iso.from
}

function virtualArch({arch}: PlannedImage): 'amd64' | 'arm64' {
  if (arch !== 'arm') return arch
  throw new HaosError('USAGE_INVALID', 'clouds have no 32-bit arm machines', {
    at: '--arch',
    hint: 'Build the image for amd64 or arm64.',
  })
}
