import * as z from 'zod/mini'
import type {Identity} from '../identity.ts'
import {nodeConfigFor} from '../node-config.ts'
import {fileEncodings} from './node-file.ts'
import {dataSourceNames} from './node-section.ts'

/** A JSON Schema: plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * JSON Schema (draft 2020-12) of a product's config.yaml, for editors.
 *
 * It accepts what the node accepts: numbers for texts, one item for a list of one, a singular for its plural.
 */
export function nodeConfigJsonSchema(identity: Pick<Identity, 'section' | 'kubernetes' | 'title'>): JsonSchema {
  const {$schema, ...strict} = z.toJSONSchema(nodeConfigFor(identity), {target: 'draft-2020-12', io: 'input'})
  return {
    $schema,
    title: `config.yaml of ${identity.title}`,
    description: 'Configuration that a node applies at each boot.',
    ...loosened(strict),
  }
}

/** `byName`: an item of the list may be one text, its name. */
function loosened(schema: JsonSchema, {byName = false} = {}): JsonSchema {
  const {type, ...rest} = schema
  switch (type) {
    case 'string':
      return {type: ['string', 'number', 'boolean', 'null'], ...rest}
    case 'boolean':
      return {enum: [true, false, null, 'true', 'false', 'yes', 'no', 'on', 'off', 1, 0], ...rest}
    case 'array': {
      const {items, ...described} = rest
      const item = loosened(asSchema(items))
      const one = 'properties' in item ? [] : [item]
      return {
        ...described,
        anyOf: [{type: ['array', 'null'], items: byName ? {anyOf: [item, {type: 'string'}]} : item}, ...one],
      }
    }
    case 'object': {
      const {properties, propertyNames: _, additionalProperties, ...described} = rest
      return {
        type: ['object', 'null'],
        ...described,
        ...(properties === undefined
          ? {additionalProperties: loosened(asSchema(additionalProperties))}
          : {properties: loosenedProperties(asSchema(properties)), additionalProperties: false}),
      }
    }
    default:
      return schema
  }
}

/** Words that an editor should offer. The node reports other words, as it reports mistakes that no schema can express. */
const words: Readonly<Record<string, readonly string[]>> = {data_sources: dataSourceNames, encoding: fileEncodings}

const loosenedProperties = (properties: JsonSchema): JsonSchema =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => {
      const known = words[name]
      const loose = loosened({...asSchema(property), ...(known && {examples: known})}, {byName: name === 'users'})
      const singular = {...loose, description: `Another spelling of ${name}.`, deprecated: true}
      const isList = name.endsWith('s') && name !== 'users' && !('properties' in loose)
      return isList
        ? [
            [name, loose],
            [name.slice(0, -1), singular],
          ]
        : [[name, loose]]
    }),
  )

const asSchema = (value: unknown): JsonSchema =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
