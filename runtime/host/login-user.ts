/** The login user that every node has, as in the original systems. `root` is disabled. */
export const loginUser = 'rancher'
