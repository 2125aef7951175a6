/** Repeats what `row` makes of a counter until the text has so many kilobytes. */
function grown(kilobytes: number, begin: string, row: (index: number) => string, end = ''): string {
  let text = begin
  for (let index = 1; text.length < kilobytes * 1000; index++) text += row(index)
  return text + end
}

/** Configs, by what is costly about them, that a program could take more than linear time for. Each has a mistake. */
export const costlyConfigs: Readonly<Record<string, (kilobytes: number) => string>> = {
  'maps merged into each other': (size) =>
    grown(size, 'x0: &a0 {k: v}\n', (index) => `x${index}: &a${index} {<<: *a${index - 1}, k${index}: v}\n`),
  'one large map merged often': (size) =>
    grown(
      size,
      grown(size / 2, 'x: &a {', (index) => `k${index}: v, `, '}\ny: {'),
      () => '<<: [*a, *a], ',
      'z: 1}\n',
    ),
  'unknown keys': (size) => grown(size, '', (index) => `k${index}: v\n`),
  'unknown keys of a section': (size) => grown(size, 'haos:\n', (index) => `  k${index}: v\n`),
  'unknown keys of a file': (size) => grown(size, 'write_files:\n- path: /a\n', (index) => `  k${index}: v\n`),
  'files with a mistake': (size) => grown(size, 'write_files:\n', () => '- {x: y}\n'),
  'labels with a mistake': (size) => grown(size, 'haos:\n  labels:\n', (index) => `    k k${index}: v\n`),
  'one key again and again': (size) => grown(size, 'haos:\n', () => '  token: v\n'),
  'arguments with a mistake': (size) => grown(size, 'haos: {k3s_args: [server', () => ', --a b', ']}'),
  'half of a placeholder': (size) => grown(size, 'haos: {token: "', () => '${', '"}\nx: y\n'),
  'half of another placeholder': (size) => grown(size, 'haos: {token: "', () => '{{', '"}\nx: y\n'),
  'aliases of aliases': (size) =>
    grown(size, 'k0: &a0 x\n', (index) => `k${index}: &a${index} [*a${index - 1}, *a0]\n`),
  'words that might be a key': (size) => grown(size, 'ssh_authorized_keys: ["', () => 'ssh-rsa ', '"]'),
}
