import { killsSuite } from '../support/kills/kills-suite.js';
import { vlanChanges } from '../support/kills/vlan-changes.js';

/** A process takes seconds to start here. */
const MOST = 6;

killsSuite(vlanChanges, MOST);
