import {$ZodArray, $ZodBoolean, $ZodObject, $ZodOptional, $ZodRecord, type $ZodType} from 'zod/v4/core'

/** What may be written at a place of config.yaml, as its schema says. */
export type Shape =
  | {readonly kind: 'text'}
  | {readonly kind: 'flag'}
  | {readonly kind: 'texts'}
  | {readonly kind: 'list'; readonly item: $ZodType}
  | {readonly kind: 'section'; readonly fields: Readonly<Record<string, $ZodType>>}

/** Reads a schema: it distinguishes only the kinds of values in config.yaml. */
export function shapeOf(schema: $ZodType): Shape {
  if (schema instanceof $ZodOptional) return shapeOf(schema._zod.def.innerType)
  if (schema instanceof $ZodObject) return {kind: 'section', fields: schema._zod.def.shape}
  if (schema instanceof $ZodArray) return {kind: 'list', item: schema._zod.def.element}
  if (schema instanceof $ZodRecord) return {kind: 'texts'}
  return {kind: schema instanceof $ZodBoolean ? 'flag' : 'text'}
}
