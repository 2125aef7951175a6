import * as z from 'zod'
import {HaosError} from '#dsl'

/** Rules of a bucket that is served as a website, as its API and its console have them ("Using redirection rules", Amazon S3 User Guide). */
const RoutingRule = z.looseObject({Condition: z.looseObject({KeyPrefixEquals: z.string().optional()}).optional()})

interface ChannelRule {
  readonly Condition: {readonly KeyPrefixEquals: string}
  readonly Redirect: Readonly<Record<string, string>>
}

/**
 * The rules of a bucket, in which the one of a channel is added or replaced. Pure.
 *
 * A rule answers for every key that begins with its own, in an order that is not documented. Fails with USAGE_INVALID if another rule
 * would answer for the channel, or the channel for it.
 */
export function renderRoutingRules(present: string | undefined, rule: ChannelRule): string {
  const rules = present === undefined ? [] : parseRules(present)
  const key = rule.Condition.KeyPrefixEquals
  const isOwn = (each: z.output<typeof RoutingRule>) => each.Condition?.KeyPrefixEquals === key
  const others = rules.filter((each) => !isOwn(each)).map((each) => each.Condition?.KeyPrefixEquals ?? '')
  const rival = others.find((other) => other.startsWith(key) || key.startsWith(other))
  if (rival !== undefined)
    throw new HaosError(
      'USAGE_INVALID',
      `the channel "${key}" and the rule for "${rival}" would answer for each other`,
      {
        cause: 'S3 compares only the beginning of a key, and one of the two names begins with the other',
        hint: 'Rename the channel, so that neither name begins with the other, such as "next" instead of "stable-2".',
      },
    )
  const next = rules.some(isOwn) ? rules.map((each) => (isOwn(each) ? rule : each)) : [...rules, rule]
  return `${JSON.stringify(next, undefined, 2)}\n`
}

function parseRules(text: string): z.output<typeof RoutingRule>[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const result = z.array(RoutingRule).safeParse(value)
  if (result.success) return result.data
  throw new HaosError('USAGE_INVALID', 'the file of --rules is no list of routing rules', {
    hint: 'Give it the list itself: aws s3api get-bucket-website --bucket BUCKET --query RoutingRules, or what this command has printed before.',
  })
}
