import {expect, test} from 'vitest'
import {parseYaml} from './parse-yaml.ts'

test('a text that is not valid YAML is reported without its content', () => {
  const {root, problems} = parseYaml('write_files:\n- content: !<<: x\npassword: secret\ntoken: >-\n  hidden\n')

  expect(root).toBeUndefined()
  expect(problems).toHaveLength(1)
  expect(problems[0]?.message).toMatch(/^is not valid YAML: \S.*[^.]$/)
  expect(JSON.stringify(problems)).not.toMatch(/secret|hidden/)
})
