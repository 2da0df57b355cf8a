export { type ClosedWay, closedWays, type Ending, type Outlook } from './closed.js';
export { readKeep } from './keep.js';
export { type LineText, refuseClosed, spellClosed, spellEnding, summarizeClosed } from './refusal.js';
export { type Connection, readConnections, readSshConnection, sessionWays } from './session.js';
export { type Holding, standingOf } from './standing.js';
export { type IpAddress, spellAddress, spellWay, type Way } from './way.js';
