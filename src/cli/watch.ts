import process from 'node:process';
import { harmless, toJson } from '../diagnostics/index.js';
import { watch as follow, type Reading, type WatchEvent } from '../watch/index.js';
import { author } from './author.js';
import type { Context } from './context.js';
import { withKernel } from './kernel.js';
import { type Judged, type LoadedDesired, loadDesired, showDiagnostics } from './load.js';
import { administrator, keptWays } from './session.js';

/** Follows the files until SIGTERM or SIGINT, which leave everything as it is. */
export async function watch(context: Context, { keep }: { readonly keep: readonly string[] }): Promise<number> {
  const kept = keptWays(keep);
  const end = new AbortController();
  const stop = (): void => end.abort();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  const { openMonitor } = await import('../netlink/index.js');
  let sources: Judged['sources'] = new Map();
  try {
    await withKernel(context, async (world, within) => {
      const monitor = openMonitor(context.options.netns);
      try {
        await follow({
          world,
          monitor,
          pid: process.pid,
          read: (files) => {
            const loaded = loadDesired({ ...context, files });
            ({ sources } = loaded);
            return readingOf(loaded);
          },
          ways: administrator(kept, within).ways,
          author: author(),
          tell: (event) => tell(context, event, sources),
          pause: (milliseconds) => pause(milliseconds, end.signal),
          ended: () => end.signal.aborted,
        });
      } finally {
        monitor.close();
      }
    });
  } finally {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, stop);
  }
  return 0;
}

function readingOf({ site, desired, sources, summary, diagnostics }: LoadedDesired): Reading {
  return {
    desired,
    sources,
    node: site.node,
    errors: summary.errors,
    diagnostics: diagnostics.filter(({ severity }) => severity === 'error'),
    validUntil: site.enabledUntil === null ? null : site.enabledUntil * 1000,
  };
}

/** Ends early, and not with an error, when the signal comes. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}

function tell({ options, out, err, clock }: Context, event: WatchEvent, sources: Judged['sources']): void {
  const time = new Date(clock.now()).toISOString();
  if (options.json) {
    out.write(`${JSON.stringify({ ...eventJson(event), time })}\n`);
    return;
  }
  if (event.event === 'site') showDiagnostics(err, event.diagnostics, sources);
  out.write(`${time}  ${harmless(spellEvent(event))}\n`);
}

function eventJson(event: WatchEvent): object {
  return event.event === 'site' ? { ...event, diagnostics: toJson(event.diagnostics).diagnostics } : event;
}

function spellEvent(event: WatchEvent): string {
  switch (event.event) {
    case 'started':
      return 'watching';
    case 'site':
      return `the files have ${event.errors === 1 ? '1 error' : `${event.errors} errors`}: those lines do nothing`;
    case 'applied':
      return [`generation ${event.generation} (${event.cause}): ${event.summary}`, ...event.warnings].join('; ');
    case 'failed':
    case 'refused':
      return `${event.event} (${event.cause}): ${event.error.message}; what is in force stays`;
    case 'waiting':
      return `waiting (${event.cause}): ${event.reason}`;
    case 'commit':
      return `${event.process} (pid ${event.pid}) changed ${event.touched.join(', ')}`;
    case 'lost':
      return 'the kernel had more to tell than there was room for';
    case 'stopped':
      return 'stopped: what is in force stays';
  }
}
