import type {BuildEvent} from '#engine'

/** Shows what happens. */
export interface Reporter {
  report(event: BuildEvent): void
  /** Called once when nothing more will come. */
  end(): Promise<void> | void
}
