export type {MediumDescription} from './medium.ts'
export {describeMedium, remaster} from './remaster.ts'
