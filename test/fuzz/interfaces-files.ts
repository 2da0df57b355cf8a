import { goldenRoot } from '../support/golden.js';
import { filesBelow, type SiteFile } from '../support/site-files.js';

/** The interfaces files of the golden sites have every option and kind of link. Repeated, so that mutation meets them often enough. */
export const INTERFACES_FILES: readonly SiteFile[] = Array.from({ length: 10 }, () =>
  filesBelow(goldenRoot).filter(({ path }) => path.endsWith('etc/network/interfaces')),
).flat();
