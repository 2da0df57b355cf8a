import process from 'node:process';
import { expect } from 'vitest';
import { openRoute } from '../../src/netlink/index.js';
import { dumpState, hardware, interfacesCases, stateOfCase } from '../support/interfaces-cases.js';
import { linksSuite, type TestHost } from '../support/links-suite.js';
import { LinksWorld } from '../support/links-world.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { differingLeaves, stateDifferences } from '../support/state-differences.js';

/**
 * The files that changes begin with, by name, separated by commas, or `all`: a bond under a bridge and a bridge that
 * filters VLANs when it is not set, because all of them take many minutes under emulation.
 */
const cases = process.env['RINGWALL_CASES'] ?? 'bond-lacp,vlan-aware';
const chosen = cases === 'all' ? interfacesCases : cases.split(',');

function makeHost(): TestHost & { readonly netns: TestNamespace } {
  const netns = makeNamespace();
  netns.run('/usr/sbin/ip', ['-batch', '-'], hardware.map((name) => `link add ${name} type dummy\n`).join(''));
  const port = openRoute(netns.name);
  return {
    netns,
    world: new LinksWorld(port),
    remove() {
      port.close();
      netns.remove();
    },
  };
}

linksSuite({
  makeHost,
  chosen,
  targets: interfacesCases,
  /** What ifupdown2 makes of the file. */
  check(name, { netns }) {
    const found: unknown = JSON.parse(netns.run(process.execPath, [dumpState]));
    const purposeful = stateDifferences.filter((difference) => difference.case === name);
    expect(differingLeaves(stateOfCase(name), found)).toEqual(
      purposeful.map(({ path, ours }) => expect.objectContaining({ path, found: ours })),
    );
  },
});
