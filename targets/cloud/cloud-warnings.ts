import type {ImageSpec} from '#dsl'
import {artifactNames, type NamedImage} from '#image'
import {loginWarning} from '../login-warning.ts'
import {type CloudName, clouds} from './clouds.ts'
import {withDataSource} from './with-data-source.ts'

/** What an image for a cloud lacks so that somebody could log in. `kind` distinguishes how it is made. */
export function cloudWarnings(plain: NamedImage, name: CloudName, kind: string): string[] {
  const image = withDataSource(plain, name)
  const end = `.${clouds[name].extension}`
  const warnings = loginWarning(image, end, kind)
  if (name !== 'vsphere' || image === plain || namesTools(image.spec)) return warnings
  return [
    ...warnings,
    `${artifactNames(image, end, kind).name}: the data source vmware asks by open-vm-tools, which the recipe does not name; ` +
      `add it to the packages, or set ${image.spec.identity.section}.data_sources`,
  ]
}

const namesTools = ({base, parts}: ImageSpec): boolean =>
  [...base.packages, ...parts.flatMap((part) => (part.kind === 'packages' ? part.names : []))].includes('open-vm-tools')
