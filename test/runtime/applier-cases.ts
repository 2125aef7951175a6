import type {ApplierCase} from './applier-case.ts'
import {clockCases} from './clock-cases.ts'
import {fileCases} from './file-cases.ts'
import {hostnameCases} from './hostname-cases.ts'
import {kubernetesCases} from './kubernetes-cases.ts'
import {loginCases} from './login-cases.ts'
import {registryCases} from './registry-cases.ts'
import {swapCases} from './swap-cases.ts'
import {systemCases} from './system-cases.ts'
import {userCases} from './user-cases.ts'

/** The cases of every applier. Cases that are not listed here do not run. */
export const applierCases: readonly ApplierCase[] = [
  ...systemCases,
  ...clockCases,
  ...loginCases,
  ...userCases,
  ...fileCases,
  ...hostnameCases,
  ...kubernetesCases,
  ...registryCases,
  ...swapCases,
]
