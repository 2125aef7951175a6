import type {ImageSpec} from '#dsl'
import {type CloudName, clouds} from './clouds.ts'

/** The image with the cloud's own data source in its config, unless the recipe names its sources. An empty list names none. */
export function withDataSource<Image extends {readonly spec: ImageSpec}>(image: Image, name: CloudName): Image {
  const {dataSource} = clouds[name]
  const {config, identity} = image.spec
  const own = config[identity.section] ?? {}
  if (dataSource === undefined || typeof own !== 'object' || 'data_sources' in own) return image
  return {
    ...image,
    spec: {...image.spec, config: {...config, [identity.section]: {...own, data_sources: [dataSource]}}},
  }
}
