/** The kernel has directories of these names among those of the interfaces (net.ipv4.conf). */
const RESERVED: ReadonlySet<string> = new Set(['all', 'default']);

/**
 * Is it a name that an interface can have and that needs no care in any text? The kernel takes more (dev_valid_name:
 * up to 15 bytes without blanks, `/` and `:`), but nobody uses it.
 */
export const isLinkName = (name: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name) && !RESERVED.has(name);
