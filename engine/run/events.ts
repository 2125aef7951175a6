import type {Forecast} from './forecast.ts'

/** Events of a build. The engine emits them; a reporter in `bin/reporters/` shows them. */
export type BuildEvent =
  | ({readonly type: 'plan'} & Forecast)
  | {readonly type: 'step-started'; readonly step: string; readonly name: string; readonly kind: string}
  | {readonly type: 'step-cached'; readonly step: string; readonly name: string; readonly kind: string}
  | {
      readonly type: 'step-finished'
      readonly step: string
      readonly name: string
      readonly kind: string
      readonly durationMs: number
      readonly sizeBytes: number
      readonly digest: string
    }
  | {
      readonly type: 'step-failed'
      readonly step: string
      readonly name: string
      readonly kind: string
      readonly message: string
    }
  | {readonly type: 'progress'; readonly step: string; readonly doneBytes: number; readonly totalBytes: number}
  | {readonly type: 'tool-output'; readonly step: string; readonly line: string}
  | {readonly type: 'note'; readonly message: string}
  /** A warning that users must not overlook. */
  | {readonly type: 'alarm'; readonly message: string}
  | {
      readonly type: 'artifact'
      readonly path: string
      readonly sizeBytes: number
      readonly sha256: string
      readonly unchanged: boolean
    }

/** Receives events. Must not throw. */
export type EmitEvent = (event: BuildEvent) => void
