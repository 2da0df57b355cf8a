import type { CtHelper, Hook, TableFamily } from '../../ruleset/index.js';
import type { KernelFeatures } from '../port.js';
import type { NetlinkSocket } from '../socket.js';
import { NLM_F_APPEND, NLM_F_CREATE } from '../wire.js';
import { BatchWriter } from './batch.js';
import { drain } from './commit.js';
import { hookNumber, policyNumber } from './encode.js';
import type { Expression } from './expression-schema.js';
import { assignHelper, immediateVerdict, loadCt, loadFibType, loadName, log, queue, reject } from './expressions.js';
import { helperAttributes } from './helper.js';
import type { Requests } from './request.js';
import * as schema from './schema.js';
import { messageType } from './schema.js';

interface Trial {
  readonly family: TableFamily;
  readonly hook: Hook;
  readonly expressions: readonly Expression[];
  /** Must be there before the rule. */
  readonly helper?: CtHelper;
}

const accept = immediateVerdict({ kind: 'accept' });

const trials: Readonly<Record<keyof KernelFeatures, readonly Trial[]>> = {
  bridgeConntrack: [{ family: 'bridge', hook: 'prerouting', expressions: [loadCt('state'), accept] }],
  bridgeReject: [{ family: 'bridge', hook: 'prerouting', expressions: [reject('admin-prohibited')] }],
  bridgeName: [{ family: 'bridge', hook: 'forward', expressions: [loadName('meta ibrname'), accept] }],
  bridgeQueue: [{ family: 'bridge', hook: 'postrouting', expressions: [queue(0, 0)] }],
  inetReject: [{ family: 'inet', hook: 'input', expressions: [reject('admin-prohibited')] }],
  inetFib: [{ family: 'inet', hook: 'prerouting', expressions: [loadFibType('daddr'), accept] }],
  log: [
    { family: 'inet', hook: 'input', expressions: [log(0, ''), accept] },
    { family: 'bridge', hook: 'prerouting', expressions: [log(0, ''), accept] },
  ],
};

const TABLE = 'ringwall-probe';

/** Tries each feature in a batch without end, which the kernel checks and forgets. */
export async function probeFeatures(socket: NetlinkSocket, requests: Requests): Promise<KernelFeatures> {
  const has = async (feature: keyof KernelFeatures): Promise<boolean> => {
    for (const trial of trials[feature]) if (!(await works(socket, requests, trial))) return false;
    return true;
  };
  return {
    bridgeConntrack: await has('bridgeConntrack'),
    bridgeReject: await has('bridgeReject'),
    bridgeName: await has('bridgeName'),
    bridgeQueue: await has('bridgeQueue'),
    inetReject: await has('inetReject'),
    inetFib: await has('inetFib'),
    log: await has('log'),
  };
}

/** The same for one helper of connection tracking; the kernel looks for its module when it has none. */
export const probeHelper = (socket: NetlinkSocket, requests: Requests, helper: CtHelper): Promise<boolean> =>
  works(socket, requests, {
    family: 'inet',
    hook: 'prerouting',
    expressions: [assignHelper(helper.name)],
    helper,
  });

async function works(
  socket: NetlinkSocket,
  requests: Requests,
  { family, hook, expressions, helper }: Trial,
): Promise<boolean> {
  const firstSequence = requests.reserve(8);
  const batch = new BatchWriter(firstSequence, null);
  batch.message(messageType.newTable, NLM_F_CREATE, family, schema.table, { name: TABLE });
  batch.message(messageType.newChain, NLM_F_CREATE, family, schema.chain, {
    table: TABLE,
    name: hook,
    hook: { number: hookNumber[hook], priority: 0 },
    policy: policyNumber.accept,
    type: 'filter',
  });
  if (helper !== undefined) {
    batch.message(messageType.newObject, NLM_F_CREATE, family, schema.helper, helperAttributes(TABLE, helper));
  }
  batch.message(messageType.newRule, NLM_F_CREATE | NLM_F_APPEND, family, schema.rule, {
    table: TABLE,
    chain: hook,
    expressions,
  });
  await socket.send(batch.finish('dry run').bytes);
  const { answers, lost } = drain(socket, firstSequence);
  return !lost && answers.every(({ errno }) => errno === 0);
}
