import {HaosError} from './error.ts'

/** The same error with its recipe's path, which is otherwise unclear when several recipes are built at once. */
export const ofRecipe = (error: unknown, recipe: string): unknown =>
  error instanceof HaosError && error.details.recipe === undefined
    ? new HaosError(error.code, error.message, {...error.details, recipe})
    : error
