import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('flood.mjs', import.meta.url));

/** A frame and the link it is sent at; one of the rare ones follows 19 of the others. */
export interface FloodFrame {
  readonly link: string;
  readonly rare: boolean;
  readonly frame: Buffer;
}

/** Frames at a time, and the milliseconds between. */
export interface Pace {
  readonly burst: number;
  readonly pause: number;
}

/** A process in a namespace that sends frames at links until it is stopped. */
export interface Flood {
  stop(): Promise<void>;
}

export function startFlood(netns: string, frames: readonly FloodFrame[], { burst, pause }: Pace): Flood {
  const numbers = [frames.length, burst, pause].map(String);
  const args = ['netns', 'exec', netns, process.execPath, script, ...numbers];
  const child = spawn('ip', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the flood ended with ${code}`))));
  });
  const line = ({ link, rare, frame }: FloodFrame): string =>
    `${rare ? 'rare' : 'often'} ${link} ${frame.toString('hex')}\n`;
  child.stdin.write(frames.map(line).join(''));
  return {
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
