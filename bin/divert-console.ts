import {Console} from 'node:console'

/** Sends `console.log` to standard error until disposed: what a recipe prints must not mix with a command's result. */
export function divertConsole(): Disposable {
  const {console} = globalThis
  globalThis.console = new Console(process.stderr)
  return {
    [Symbol.dispose]: () => {
      globalThis.console = console
    },
  }
}
