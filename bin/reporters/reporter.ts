import type {BuildEvent} from '#engine'

/** Shows events. */
export interface Reporter {
  report(event: BuildEvent): void
  /** Called once, after the last event. */
  end(): Promise<void> | void
}
