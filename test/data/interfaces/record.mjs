// Writes the state.json of each case named on the command line: what Debian's ifupdown2 makes of its file on a host with
// three network cards. Writes outside of its folder, so it runs in the test kernel alone, whose other writes are gone
// afterwards:
//
//   npm run record:interfaces -- CASE…
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

if (process.env.RINGWALL_LAB_RESULTS === undefined)
  throw new Error('this runs in the test kernel: npm run record:interfaces');
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const unpacked = here('../../../.cache/ifupdown2');
const ip = (...args) => execFileSync('/usr/sbin/ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

// ifupdown2 reads itself from /usr/share, and /etc/network, where `ip netns exec` puts that of the namespace.
mkdirSync('/etc/network', { recursive: true });
for (const name of ['policy.d', 'hooks']) mkdirSync(`/var/lib/ifupdown2/${name}`, { recursive: true });
rmSync('/usr/share/ifupdown2', { recursive: true, force: true });
symlinkSync(`${unpacked}/usr/share/ifupdown2`, '/usr/share/ifupdown2');

for (const name of process.argv.slice(2)) {
  // What it remembers of the case before.
  for (const path of ['/run/network', '/var/tmp/network']) rmSync(path, { recursive: true, force: true });
  mkdirSync('/run/network', { recursive: true });
  const network = `/etc/netns/${name}/network`;
  cpSync(`${unpacked}/etc/network`, network, { recursive: true });
  cpSync(here(`${name}/etc/network`), network, { recursive: true });
  ip('netns', 'add', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
  for (const card of ['en0', 'en1', 'en2']) ip('-n', name, 'link', 'add', card, 'type', 'dummy');
  ip('netns', 'exec', name, '/usr/bin/python3', `${unpacked}/sbin/ifreload`, '-a');
  const state = JSON.parse(ip('netns', 'exec', name, process.execPath, here('dump-state.mjs')));
  writeFileSync(join(here(name), 'state.json'), `${JSON.stringify(state, null, 2)}\n`);
  ip('netns', 'delete', name);
}
