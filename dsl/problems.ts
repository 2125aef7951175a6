import * as z from 'zod'
import type {Problem} from './error.ts'
import {nearest} from './nearest.ts'
import {nounOf} from './plain-words.ts'

/** Explains an unknown key, given the path of its map and the known keys there. */
export type ExplainKey = (path: readonly PropertyKey[], key: string, known: readonly string[]) => Omit<Problem, 'path'>

/** All of zod's issues, each with its path as written in a recipe, and with a hint if there is one. */
export function problemsOf(
  schema: z.core.$ZodType,
  error: z.core.$ZodError,
  input: unknown,
  {prefix = '', explainKey = explainRecipeKey}: {readonly prefix?: string; readonly explainKey?: ExplainKey} = {},
): Problem[] {
  return error.issues.flatMap((issue) => issueProblems(schema, issue as z.core.$ZodIssue, input, prefix, explainKey))
}

const explainRecipeKey: ExplainKey = (_, key, known) => {
  const meant = nearest(key, known)
  const others =
    known.length > 0 && known.length <= 12 ? `known here: ${known.join(', ')}` : 'look it up in docs/reference/'
  return {
    message: 'is not a known key here',
    hint: meant === undefined ? `Remove it; ${others}.` : `Did you mean "${meant}"?`,
  }
}

function issueProblems(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssue,
  input: unknown,
  prefix: string,
  explainKey: ExplainKey,
): Problem[] {
  const path = renderPath(issue.path, prefix)
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path, input)
    return issue.keys.map((key) => ({
      path: renderPath([...issue.path, key], prefix),
      ...explainKey(issue.path, key, known),
    }))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch with the fewest problems is probably the intended one.
    const best = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? []
    if (best.length > 0)
      return best.flatMap((inner) =>
        issueProblems(
          schema,
          {...inner, path: [...issue.path, ...inner.path]} as z.core.$ZodIssue,
          input,
          prefix,
          explainKey,
        ),
      )
  }
  if (issue.code === 'invalid_value' && issue.values.length > 1) {
    const given = valueAt(input, issue.path)
    const values = issue.values.map(String)
    const meant = typeof given === 'string' ? nearest(given, values) : undefined
    return [
      {
        path,
        message: `must be one of ${values.map((value) => `"${value}"`).join(', ')}`,
        ...(meant !== undefined && {hint: `Did you mean "${meant}"?`}),
      },
    ]
  }
  if (issue.code === 'invalid_type' && valueAt(input, issue.path) === undefined)
    return [{path, message: 'is missing', hint: `Give it ${nounOf(issue.expected)}.`}]
  return [{path, message: issue.message}]
}

/** The keys that a schema knows at a path of the given input: zod names the unknown key, not its neighbours. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[], input: unknown): string[] {
  const plain = unwrap(schema)
  if (plain instanceof z.core.$ZodUnion)
    return unionMembers(plain, input).flatMap((member) => keysAt(member, path, input))
  const [key, ...rest] = path
  if (plain instanceof z.core.$ZodObject) {
    if (key === undefined) return Object.keys(plain._zod.def.shape)
    const member = plain._zod.def.shape[String(key)]
    return member === undefined ? [] : keysAt(member, rest, valueAt(input, [key]))
  }
  if (key !== undefined && plain instanceof z.core.$ZodArray)
    return keysAt(plain._zod.def.element, rest, valueAt(input, [key]))
  if (key !== undefined && plain instanceof z.core.$ZodRecord)
    return keysAt(plain._zod.def.valueType, rest, valueAt(input, [key]))
  return []
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodNullable ||
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault ||
    schema instanceof z.core.$ZodReadonly
  )
    return unwrap(schema._zod.def.innerType)
  if (schema instanceof z.core.$ZodPipe) return unwrap(schema._zod.def.in)
  if (schema instanceof z.core.$ZodLazy) return unwrap(schema._zod.def.getter())
  return schema
}

/** The member of a discriminated union that the input names; all members of other unions. */
function unionMembers(union: z.core.$ZodUnion, input: unknown): readonly z.core.$ZodType[] {
  const {options} = union._zod.def
  if (!(union instanceof z.core.$ZodDiscriminatedUnion)) return options
  const {discriminator} = union._zod.def
  const named = options.filter((option) =>
    option._zod.propValues?.[discriminator]?.has(valueAt(input, [discriminator]) as string),
  )
  return named.length > 0 ? named : options
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  )
}

/** `parts[2].mode`, as written in a recipe. */
export const renderPath = (path: readonly PropertyKey[], prefix = ''): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, prefix)
