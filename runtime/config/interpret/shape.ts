import {$ZodArray, $ZodBoolean, $ZodObject, $ZodOptional, $ZodRecord, type $ZodType} from 'zod/v4/core'

/** The kind of value that the schema allows at a place in config.yaml. */
export type Shape =
  | {readonly kind: 'text'}
  | {readonly kind: 'flag'}
  | {readonly kind: 'texts'}
  | {readonly kind: 'list'; readonly item: $ZodType}
  | {readonly kind: 'section'; readonly fields: Readonly<Record<string, $ZodType>>}
  /** Sections by a name of the user's choice. */
  | {readonly kind: 'sections'; readonly section: $ZodType}

/** The shape of a schema. Distinguishes only the kinds of values that config.yaml has. */
export function shapeOf(schema: $ZodType): Shape {
  if (schema instanceof $ZodOptional) return shapeOf(schema._zod.def.innerType)
  if (schema instanceof $ZodObject) return {kind: 'section', fields: schema._zod.def.shape}
  if (schema instanceof $ZodArray) return {kind: 'list', item: schema._zod.def.element}
  if (schema instanceof $ZodRecord) {
    const {valueType} = schema._zod.def
    return valueType instanceof $ZodObject ? {kind: 'sections', section: valueType} : {kind: 'texts'}
  }
  return {kind: schema instanceof $ZodBoolean ? 'flag' : 'text'}
}
