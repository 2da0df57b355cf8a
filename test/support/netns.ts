import { execFileSync } from 'node:child_process';

const IP = '/usr/sbin/ip';
const NFT = '/usr/sbin/nft';

/** A network namespace of a test's own, with loopback up. */
export interface TestNamespace {
  readonly name: string;
  /** Output of `nft` with these arguments inside the namespace. */
  nft(...args: string[]): string;
  /** Loads nft text. */
  load(text: string): void;
  /** Output of `ip` with these arguments inside the namespace. */
  ip(...args: string[]): string;
  /** Output of any program inside the namespace. */
  run(program: string, args: readonly string[], input?: string): string;
  remove(): void;
}

let count = 0;

export function makeNamespace(): TestNamespace {
  count += 1;
  const name = `rwtest-${process.pid}-${count}`;
  const run = (program: string, args: readonly string[], input?: string): string =>
    execFileSync(IP, ['netns', 'exec', name, program, ...args], {
      encoding: 'utf8',
      input: input ?? '',
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
  execFileSync(IP, ['netns', 'add', name]);
  run(IP, ['link', 'set', 'lo', 'up']);
  return {
    name,
    nft: (...args) => run(NFT, args),
    load: (text) => void run(NFT, ['-f', '-'], text),
    ip: (...args) => run(IP, args),
    run,
    remove: () => void execFileSync(IP, ['netns', 'delete', name]),
  };
}
