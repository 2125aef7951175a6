import type {ImageSpec} from '#dsl'
import {type CloudName, clouds} from './clouds.ts'

/** Adds the cloud's own data source to the image's config, unless the recipe names data sources. An empty list means none. */
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
