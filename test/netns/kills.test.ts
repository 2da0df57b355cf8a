import { hostChanges } from '../support/kills/host-changes.js';
import { killsSuite } from '../support/kills/kills-suite.js';
import { settlingChanges } from '../support/kills/settling-changes.js';

killsSuite([...hostChanges, ...settlingChanges]);
