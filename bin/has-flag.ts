/** Whether arguments have a flag in front of any `--`, before anything has parsed them. */
export const hasFlag = (args: readonly string[], flag: string): boolean => {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? undefined : end).includes(flag)
}
