import * as z from 'zod/mini'
import {filledIn, notEmpty, textThat} from './text.ts'

/** Name of a time zone, as the tz database spells it. Whether the image has it is known on the node only. */
export const timezone = z.optional(
  textThat(notEmpty, filledIn, [
    (name) => name === '' || /^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(name),
    'must be the name of a time zone',
    'Write it as the tz database does, such as Europe/Berlin or UTC.',
  ]).check(
    z.meta({
      description: 'Time zone of the node, by its name in the tz database. Default: that of the image, UTC.',
      examples: ['Europe/Berlin'],
    }),
  ),
)
