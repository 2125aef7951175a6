import type {ExplainedStep} from './explain-plan.ts'

/** The plan as a list: what would run and why; downloads are counted, not listed. */
function renderPlan(steps: readonly ExplainedStep[]): string {
  const downloads = steps.filter(({kind}) => kind === 'fetch')
  const wanted = downloads.filter(({cached}) => !cached).length
  const lines = steps
    .filter(({kind}) => kind !== 'fetch')
    .map(
      ({id, name, cached, reason}) =>
        `${cached ? '✓' : '·'} ${id.slice(0, 6)}  ${name.padEnd(20)} ${cached ? 'in the store' : reason}`,
    )
  return [
    `${steps.length} steps, ${steps.filter(({cached}) => cached).length} in the store`,
    `${wanted === 0 ? '✓' : '·'} ${' '.repeat(6)}  ${'downloads'.padEnd(20)} ${downloads.length} files${wanted === 0 ? ', all in the store' : `, ${wanted} to fetch`}`,
    ...lines,
    '',
  ].join('\n')
}

/** The plan as a Mermaid flowchart (mermaid.js.org, "Flowcharts"); downloads are drawn as one node for each step that reads them. */
function renderMermaid(steps: readonly ExplainedStep[]): string {
  const kinds = new Map(steps.map((step) => [step.id, step]))
  const lines = steps.flatMap((step) => {
    if (step.kind === 'fetch') return []
    const node = short(step.id)
    const inputs = step.inputs.filter((id) => kinds.get(id)?.kind !== 'fetch')
    const fetched = step.inputs.length - inputs.length
    return [
      `  ${node}["${step.name}"]${step.cached ? ':::cached' : ''}`,
      ...inputs.map((id) => `  ${short(id)} --> ${node}`),
      ...(fetched > 0 ? [`  ${node}f(["${fetched} downloads"]) --> ${node}`] : []),
    ]
  })
  return `flowchart LR\n${lines.join('\n')}\n  classDef cached stroke-dasharray: 4\n`
}

/** The plan for Graphviz (graphviz.org, "DOT Language"). */
function renderDot(steps: readonly ExplainedStep[]): string {
  const lines = steps.flatMap((step) => [
    `  "${short(step.id)}" [label="${step.name}"${step.cached ? ', style=dashed' : ''}];`,
    ...step.inputs.map((id) => `  "${short(id)}" -> "${short(step.id)}";`),
  ])
  return `digraph plan {\n  rankdir=LR;\n${lines.join('\n')}\n}\n`
}

const short = (id: string): string => `s${id.slice(0, 8)}`

/** Renders a plan, by the name of the format. */
export const planFormats = {text: renderPlan, mermaid: renderMermaid, dot: renderDot} as const
