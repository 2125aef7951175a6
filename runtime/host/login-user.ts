/** The only login user of a node, as in the original systems. `root` is disabled. */
export const loginUser = 'rancher'
