import {expect, test} from 'vitest'
import {checkBranch} from './check-branch.ts'

const verdict = (place: string, said: string): string => {
  try {
    checkBranch(`${place}/x86_64/APKINDEX.tar.gz`, said)
    return 'taken'
  } catch {
    return 'refused'
  }
}

test.each([
  ['https://m/alpine/v3.23/main', 'v3.23.2-12-gabcdef01234', 'taken'],
  ['https://m/alpine/v3.23/main', 'v3.22.1-642-g9e5b575ce97\n', 'refused'],
  ['https://m/alpine/v3.23/main', 'v20260101-1234-gabcdef', 'refused'],
  ['https://m/alpine/edge/main', 'v20260101-1234-gabcdef', 'taken'],
  ['https://m/alpine/edge/main', 'v3.19.1-642-g9e5b575ce97', 'refused'],
  ['/mirror/v3.19.1-iso/main', 'v3.19.1-0-g123', 'taken'],
  ['https://m/ours/stable', 'v3.19.1-0-g123', 'taken'],
  ['https://m/alpine/v3.23/ours', 'our packages', 'taken'],
])('at %s the index that says %s is %s', (place, said, expected) => {
  expect(verdict(place, said)).toBe(expected)
})
