/** Sections of related systems, to recognise a config.yaml that was written for another of them. */
export const relatedNames: readonly string[] = ['haos', 'rke2os', 'k3os']
