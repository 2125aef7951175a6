/** The one user of a node, as in the systems before ours. `root` is disabled. */
export const loginUser = 'rancher'
