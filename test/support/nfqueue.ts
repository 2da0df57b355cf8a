import { openNetlinkSocket } from '../../src/netlink/socket.js';
import { attributes, HEADER, NLM_F_ACK, NLM_F_REQUEST, parseMessages } from '../../src/netlink/wire.js';

// uapi linux/netfilter/nfnetlink.h and nfnetlink_queue.h
const NETLINK_NETFILTER = 12;
const SUBSYSTEM = 3 << 8;
const PACKET = 0;
const VERDICT = 1;
const CONFIG = 2;
const PACKET_HEADER = 1;
const PAYLOAD = 10;
const VERDICT_HEADER = 2;
const CONFIG_COMMAND = 1;
const CONFIG_PARAMETERS = 2;
const BIND = 1;
const TCP = 6;
const COPY_PACKET = 2;
/** Enough of a packet for its TCP ports. */
const COPY_BYTES = 96;

export const verdicts = { drop: 0, accept: 1 } as const;

/** A program that listens on one nfqueue of a network namespace and gives each packet the same verdict. */
export class QueueListener {
  verdict: keyof typeof verdicts = 'accept';
  /** The destination port of each TCP packet it was handed. */
  readonly ports: number[] = [];
  readonly #socket: ReturnType<typeof openNetlinkSocket>;
  readonly #queue: number;
  readonly #timer: NodeJS.Timeout;

  private constructor(netns: string, queue: number) {
    this.#socket = openNetlinkSocket(NETLINK_NETFILTER, netns);
    this.#queue = queue;
    this.#timer = setInterval(() => this.#answerAll(), 2);
  }

  static async open(netns: string, queue: number): Promise<QueueListener> {
    const listener = new QueueListener(netns, queue);
    // Command, padding, protocol family.
    await listener.#send(CONFIG, CONFIG_COMMAND, Buffer.from([BIND, 0, 0, 0]));
    await listener.#send(CONFIG, CONFIG_PARAMETERS, Buffer.from([0, 0, 0, COPY_BYTES, COPY_PACKET]));
    return listener;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #answerAll(): void {
    for (let bytes = this.#socket.receive(); bytes !== null; bytes = this.#socket.receive()) {
      for (const { type, payload } of parseMessages(bytes)) {
        if (type !== SUBSYSTEM + PACKET) {
          const errno = type === 2 ? payload.readInt32LE(0) : 0;
          if (errno !== 0) throw new Error(`nfqueue: errno ${-errno}`);
          continue;
        }
        const header = [...attributes(payload, 4, payload.length)].find(
          (attribute) => attribute.type === PACKET_HEADER,
        );
        if (header === undefined) throw new Error('a queued packet without a number');
        this.#note(payload);
        const answer = Buffer.alloc(8);
        answer.writeUInt32BE(verdicts[this.verdict], 0);
        payload.copy(answer, 4, header.start, header.start + 4);
        void this.#send(VERDICT, VERDICT_HEADER, answer);
      }
    }
  }

  #note(payload: Buffer): void {
    const found = attributes(payload, 4, payload.length).find(({ type }) => type === PAYLOAD);
    if (found === undefined) return;
    const packet = payload.subarray(found.start, found.end);
    const [version, protocol] = [packet.readUInt8(0) >> 4, packet.readUInt8(packet.readUInt8(0) >> 4 === 4 ? 9 : 6)];
    if (protocol !== TCP) return;
    const header = version === 4 ? (packet.readUInt8(0) & 15) * 4 : 40;
    this.ports.push(packet.readUInt16BE(header + 2));
  }

  #send(message: number, attribute: number, content: Buffer): Promise<void> {
    const length = 4 + content.length;
    const bytes = Buffer.alloc(HEADER + 4 + ((length + 3) & ~3));
    bytes.writeUInt32LE(bytes.length, 0);
    bytes.writeUInt16LE(SUBSYSTEM + message, 4);
    bytes.writeUInt16LE(message === CONFIG ? NLM_F_REQUEST | NLM_F_ACK : NLM_F_REQUEST, 6);
    bytes.writeUInt16BE(this.#queue, HEADER + 2);
    bytes.writeUInt16LE(length, HEADER + 4);
    bytes.writeUInt16LE(attribute, HEADER + 6);
    content.copy(bytes, HEADER + 8);
    return this.#socket.send(bytes);
  }
}
