/**
 * QuickJS has no URL. The part of the dsl that recipes use mentions it, so its name must be known here; nothing in
 * `runtime/` can make one, since no value is a `never`.
 */
interface URL {
  readonly href: string
}
declare const URL: {new (never: never): URL}
