import {HaosError} from './error.ts'

/** The same error with the recipe that it is about: where several are built at once, it would not be known. */
export const ofRecipe = (error: unknown, recipe: string): unknown =>
  error instanceof HaosError && error.details.recipe === undefined
    ? new HaosError(error.code, error.message, {...error.details, recipe})
    : error
