import {expect, test} from 'vitest'
import {parseYaml} from './parse-yaml.ts'

test('a text that is no YAML is reported without a word of what is in it', () => {
  const {root, problems} = parseYaml('write_files:\n- content: !<<: x\npassword: secret\ntoken: >-\n  hidden\n')

  expect(root).toBeUndefined()
  expect(problems).toHaveLength(1)
  expect(problems[0]?.message).toMatch(/^is not valid YAML: \S.*[^.]$/)
  expect(JSON.stringify(problems)).not.toMatch(/secret|hidden/)
})
