/** The name a file has while a process writes it, before it takes the place of the old one. */
export const unfinishedName = (path: string, pid: number): string => `${path}.new-${pid}`;

/** Is it a name that `unfinishedName` gives? */
export const isUnfinished = (name: string): boolean => /.\.new-\d+$/.test(name);
