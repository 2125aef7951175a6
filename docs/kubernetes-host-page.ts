import {hostNeeds} from './kubernetes-needs.ts'

/** docs/reference/kubernetes-host.md: what Kubernetes needs of a node, who needs it, and how to see that it is so. */
export const kubernetesHostPage = (): string =>
  [
    '# What Kubernetes needs of a node',
    '',
    'Made by `npm run docs` from docs/kubernetes-needs.ts. The boot tests run each command on a node of the base recipe; it',
    'succeeds where the need is met.',
    '',
    '| need | whose, and where that is written | check |',
    '| --- | --- | --- |',
    ...hostNeeds.map(({need, source, check}) => `| ${need} | ${source} | \`${check.replaceAll('|', '\\|')}\` |`),
    '',
  ].join('\n')
