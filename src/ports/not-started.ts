import { Failure } from '../diagnostics/index.js';

/** `errno` is its name, such as `ENOENT`. */
export const notStarted = (program: string, errno: string): Failure =>
  new Failure('not-started', `${program} cannot be started: ${errno}`);
