export {type Action, applyPhase, type PhaseResult} from './apply/apply.ts'
export {type Phase, phaseNames, phases} from './apply/phases.ts'
export {renderProblem} from './apply/problems/render.ts'
export {runtimeBundleOptions} from './bundle-options.ts'
export {showConfig} from './cli/show-config.ts'
export type {ConfigFiles} from './config/config-files.ts'
export {configFilesOf} from './config/config-files-of.ts'
export {parseNodes, type WrittenNode} from './config/nodes/parse-nodes.ts'
export {readNodesFile} from './config/nodes/read-nodes-file.ts'
export {sameMatches} from './config/nodes/same-matches.ts'
export type {ConfigProblem} from './config/problem.ts'
export {type ReadConfigOptions, type ReadConfigResult, readConfig} from './config/read-config.ts'
export {readOneConfig} from './config/read-one-config.ts'
export {type RenderedConfig, renderConfig, renderWrittenConfig} from './config/render-config.ts'
export {usualAccounts} from './config/usual-accounts.ts'
export type {
  FetchOptions,
  FetchResult,
  FileStatus,
  Host,
  Owner,
  RunOptions,
  RunResult,
  WriteOptions,
} from './host/host.ts'
export type {Service} from './services/service.ts'
