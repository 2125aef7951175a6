import {$ZodArray, $ZodBoolean, $ZodLazy, $ZodObject, $ZodOptional, $ZodRecord, type $ZodType} from 'zod/v4/core'
import {NodeUser} from '#dsl'

/** The kind of value that the schema allows at a place in config.yaml. */
export type Shape =
  | {readonly kind: 'text'}
  | {readonly kind: 'flag'}
  | {readonly kind: 'texts'}
  | {readonly kind: 'list'; readonly item: $ZodType}
  /** Sections by a name of the user's choice. */
  | {readonly kind: 'sections'; readonly name: $ZodType; readonly section: $ZodType}
  | {
      readonly kind: 'section'
      readonly fields: Readonly<Record<string, $ZodType>>
      /** The field that one text in place of the map stands for. */
      readonly short?: string
    }

/** The shape of a schema. Distinguishes only the kinds of values that config.yaml has. */
export function shapeOf(schema: $ZodType): Shape {
  if (schema instanceof $ZodOptional) return shapeOf(schema._zod.def.innerType)
  if (schema instanceof $ZodLazy) {
    const shape = shapeOf(schema._zod.innerType)
    return schema === NodeUser && shape.kind === 'section' ? {...shape, short: 'name'} : shape
  }
  if (schema instanceof $ZodObject) return {kind: 'section', fields: schema._zod.def.shape}
  if (schema instanceof $ZodArray) return {kind: 'list', item: schema._zod.def.element}
  if (schema instanceof $ZodRecord) {
    const {keyType: name, valueType: section} = schema._zod.def
    return section instanceof $ZodObject ? {kind: 'sections', name, section} : {kind: 'texts'}
  }
  return {kind: schema instanceof $ZodBoolean ? 'flag' : 'text'}
}
