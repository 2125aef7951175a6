import * as z from 'zod/mini'
import {filledIn, textThat} from './text.ts'

/** Labels as Kubernetes takes them (Kubernetes, "Labels and Selectors": syntax and character set). */
export const labels = (description: string) =>
  z.optional(
    z
      .record(
        textThat([
          (key) => /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/.test(key),
          'must be the key of a label, such as example.com/zone',
          'Use at most 63 letters, digits, "-", "_" and ".", after an optional domain and "/".',
        ]),
        textThat(filledIn, [
          (value) => /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value),
          'must be the value of a label',
          'Use at most 63 letters, digits, "-", "_" and ".", first and last a letter or digit.',
        ]),
      )
      .check(z.meta({description})),
  )
