/** An object of Kubernetes, ready to be serialized. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {readonly name: string; readonly namespace?: string}
}

/** A requirement of a label selector. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: 'Exists' | 'DoesNotExist' | 'In' | 'NotIn'
  readonly values?: readonly string[]
}

/** The same as text, as the API and kubectl take it (Kubernetes, "Labels and Selectors"). */
export const renderSelector = (requirements: readonly LabelRequirement[]): string =>
  requirements
    .map(({key, operator, values = []}) => {
      if (operator === 'Exists') return key
      if (operator === 'DoesNotExist') return `!${key}`
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
    })
    .join(',')
