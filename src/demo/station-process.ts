import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { ipProgram } from './namespaces.js';
import { type Order, type Outcome, readReply } from './station-protocol.js';

/** The process of a station, seen from outside. */
export interface Station {
  /** Rejects when the order cannot be carried out, for example because a port is taken, or the process has ended. */
  perform(order: Order): Promise<Outcome>;
  stop(): void;
}

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a station in a network namespace; `program` is the path of `station.js`. */
export function startStation(namespace: string, program: string): Station {
  const child = spawn(ipProgram(), ['netns', 'exec', namespace, process.execPath, program], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const waiting = new Map<number, Waiting>();
  const complaint: string[] = [];
  let count = 0;
  let ended: Error | null = null;

  const fail = (why: string): void => {
    ended ??= new Error(`the station in ${namespace} ended: ${why}${complaint.join('')}`);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = readReply(line);
    const order = waiting.get(reply.number);
    waiting.delete(reply.number);
    if ('error' in reply) order?.reject(new Error(`${namespace}: ${reply.error}`));
    else order?.resolve(reply.outcome);
  });
  child.stderr.on('data', (bytes: Buffer) => complaint.push(bytes.toString()));
  child.on('error', (error) => fail(error.message));
  child.on('close', (code, signal) => fail(signal ?? `exit code ${code}\n`));
  // Writing to a station that has just ended; `close` says so.
  child.stdin.on('error', () => {});

  return {
    perform: (order) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended);
        count += 1;
        waiting.set(count, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ number: count, order })}\n`);
      }),
    stop: () => stop(child),
  };
}

function stop(child: ChildProcess): void {
  child.kill('SIGKILL');
  // Its pipes would keep this process alive until the kernel has ended it.
  child.unref();
}
