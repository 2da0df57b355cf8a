export { type Desired, readDesired } from './desired.js';
export type { Station } from './station-process.js';
export type { Attempt, Order, Outcome, Target, Transport } from './station-protocol.js';
export { countedBetween, deciding, type Sighting, witness } from './witness.js';
export { type Member, makeWorld, type World, type WorldPlan } from './world.js';
