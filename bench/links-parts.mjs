// One `apply` or `plan` of links, with the time that each of its parts takes: what bench/links.mjs runs as a process.
//
//   node run-parts.mjs apply|plan SITE NETNS STATE
//
// Does what the command does, through ports that look at the clock, and is loaded as the program is. Prints JSON, in milliseconds:
// `parts`, and `proper`, which is all from the first question to the kernel until the last answer.
import { apply, preview } from '../dist/apply/index.js';
import { loadDesired } from '../dist/cli/load.js';
import { inNamespace, openNftables, openRoute } from '../dist/netlink/index.js';
import { nodeFiles, nodeProcesses, systemClock } from '../dist/ports/index.js';
import { procSysctls } from '../dist/sysctl/index.js';

const parts = {};
const add = (part, start) => {
  parts[part] = (parts[part] ?? 0) + performance.now() - start;
};

function within(part, act) {
  const start = performance.now();
  const result = act();
  if (!(result instanceof Promise)) {
    add(part, start);
    return result;
  }
  return result.finally(() => add(part, start));
}

/** An object whose functions are timed as one part, or as `names` calls them. */
const watched = (object, part, names = {}) =>
  new Proxy(object, {
    get(target, key) {
      const value = Reflect.get(target, key);
      return typeof value !== 'function'
        ? value
        : (...args) => within(names[key] ?? part, () => value.apply(target, args));
    },
  });

export async function main(command, root, netns, path) {
  const options = { root, node: undefined, state: path, netns, json: false, color: 'never', only: 'network' };
  const context = { options, files: nodeFiles, clock: systemClock };
  const loaded = within('files read and checked', () => loadDesired(context));
  const { desired } = loaded;

  const inside = (read) => inNamespace(netns, read);
  const nftables = openNftables(netns);
  const route = openRoute(netns);
  const world = {
    state: { files: watched(nodeFiles, 'records'), path },
    clock: systemClock,
    nftables: watched(nftables, 'rules read'),
    sysctls: procSysctls(inside),
    route: watched(route, 'kernel read', { perform: 'steps performed' }),
    processes: nodeProcesses(inside),
  };
  const start = performance.now();
  const before = Object.values(parts).reduce((sum, value) => sum + value, 0);
  const who = { session: undefined, ways: [] };
  if (command === 'plan') await preview(world, desired, who);
  else {
    const author = { user: 'bench', version: '0' };
    const review = { who, see: () => {} };
    await apply(world, { ...desired, sources: loaded.sources, node: loaded.site.node, author, ways: [], review });
  }
  const proper = performance.now() - start;
  const listed = Object.values(parts).reduce((sum, value) => sum + value, 0) - before;
  parts['planned and compared'] = proper - listed;
  route.close();
  nftables.close();
  process.stdout.write(`${JSON.stringify({ proper, parts })}\n`);
}
