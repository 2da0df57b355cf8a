import { consoleSuite } from '../support/docs-console-suite.js';

consoleSuite(true);
