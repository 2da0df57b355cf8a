import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('flood.mjs', import.meta.url));

/** A process in a namespace that sends frames at a link until it is stopped. */
export interface Flood {
  stop(): Promise<void>;
}

/** The first frame is sent once for every 50 of the others, and from other ports. */
export function startFlood(netns: string, link: string, frames: readonly Buffer[]): Flood {
  const args = ['netns', 'exec', netns, process.execPath, script, link, String(frames.length)];
  const child = spawn('ip', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the flood ended with ${code}`))));
  });
  child.stdin.write(frames.map((frame) => `${frame.toString('hex')}\n`).join(''));
  return {
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
