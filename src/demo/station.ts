/**
 * A host at the far end of a cable: a process in a network namespace that listens and tries connections as it is told,
 * line by line, on stdin. It ends with its stdin, and so with the process that started it.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Attempt, Order, Outcome, Reply, Transport } from './station-protocol.js';

const flows = new Map<string, Socket>();

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  // Written by `Station` of the same build, so its shape is known.
  const { number, order }: { number: number; order: Order } = JSON.parse(line);
  perform(order).then(
    (outcome) => reply({ number, outcome }),
    (error: unknown) => reply({ number, error: error instanceof Error ? error.message : String(error) }),
  );
});
lines.on('close', () => process.exit(0));

const reply = (answer: Reply): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);

function perform(order: Order): Promise<Outcome> {
  switch (order.kind) {
    case 'listen':
      return listen(order.transport, order.port);
    case 'connect':
      return open(order, (socket) => socket.destroy());
    case 'hold':
      return open(order, (socket) => flows.set(order.flow, socket));
    case 'ask':
      return ask(order);
    case 'say':
      return say(order.flow, order.words ?? 'ringwall', order.patience);
  }
}

function listen(transport: Transport, port: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    if (transport === 'tcp') {
      // A peer that goes away in the middle is no error of the listener.
      const server = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
      server.once('error', reject).listen(port, '::', () => resolve('listening'));
    } else {
      const socket = createSocket('udp6');
      socket.on('message', (bytes, peer) => socket.send(bytes, peer.port, peer.address));
      socket.on('error', reject).bind(port, '::', () => resolve('listening'));
    }
  });
}

/** `keep` gets the open connection. */
function open({ target, source, patience }: Attempt, keep: (socket: Socket) => void): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: target.address,
      port: target.port,
      ...(source === undefined ? {} : { localAddress: source.address }),
      ...(source?.port === undefined ? {} : { localPort: source.port }),
    });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve('timeout');
    }, patience);
    socket.once('connect', () => {
      clearTimeout(timer);
      keep(socket);
      resolve('open');
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      if (isRefusal(error)) resolve('refused');
      else reject(error);
    });
  });
}

function ask({ target, source, patience }: Attempt): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.close();
      settle();
    };
    const timer = setTimeout(() => end(() => resolve('silent')), patience);
    socket.once('message', () => end(() => resolve('answered')));
    socket.once('error', (error) => end(() => (isRefusal(error) ? resolve('refused') : reject(error))));
    // Connected: only then does the kernel hand an ICMP error to the socket (udp(7)).
    socket.bind(source?.port ?? 0, source?.address, () =>
      socket.connect(target.port, target.address, () => socket.send('ringwall')),
    );
  });
}

function say(flow: string, words: string, patience: number): Promise<Outcome> {
  const socket = flows.get(flow);
  if (socket === undefined) return Promise.reject(new Error(`there is no connection ${flow}`));
  return new Promise((resolve) => {
    const heard = (): void => {
      clearTimeout(timer);
      resolve('answered');
    };
    const timer = setTimeout(() => {
      socket.off('data', heard);
      resolve('silent');
    }, patience);
    socket.once('data', heard);
    socket.write(words);
  });
}

/** A reset, or an ICMP port unreachable. */
const isRefusal = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNREFUSED';
