import { resolve } from 'node:path';
import { printLinks } from '../bridges/index.js';
import { printGuest, printHost } from '../compiler/index.js';
import { harmlessJson } from '../diagnostics/index.js';
import { printRuleset, rulesetToJson } from '../ruleset/index.js';
import { printSysctls } from '../sysctl/index.js';
import type { Context } from './context.js';
import { type Loaded, load, showProblems } from './load.js';

/**
 * Writes the compiled ruleset as nft text, on stdout or as files below `out` with the links beside. Bad lines are shown
 * and inert.
 */
export async function compile(context: Context, { out }: { readonly out: string | undefined }): Promise<number> {
  const loaded = load(context);
  showProblems(context, loaded);
  const { compiled } = loaded;
  if (out !== undefined) writeFiles(context, loaded, resolve(out));
  if (context.options.json) {
    const { tables } = JSON.parse(rulesetToJson(compiled.ruleset));
    const { links, guestPorts, unmanaged } = loaded.links;
    const { sysctls } = compiled;
    context.out.write(`${harmlessJson({ tables, links, guestPorts, unmanaged, settings: sysctls })}\n`);
  } else if (out === undefined) {
    context.out.write(printRuleset(compiled.ruleset));
  }
  return 0;
}

/** `host.nft`, `guests/<id>.nft`, `links.batch` and `sysctl.conf`. The text of a guest that is not filtered any more is removed, nothing else. */
function writeFiles({ files }: Context, { compiled, links }: Loaded, directory: string): void {
  const guests = `${directory}/guests`;
  files.makeDirectory(guests);
  files.writeAtomically(`${directory}/host.nft`, printHost(compiled));
  files.writeAtomically(`${directory}/links.batch`, printLinks(links));
  files.writeAtomically(`${directory}/sysctl.conf`, printSysctls(compiled.sysctls));
  for (const id of compiled.units.keys()) {
    const text = printGuest(compiled, id);
    if (text !== undefined) files.writeAtomically(`${guests}/${id}.nft`, text);
  }
  for (const name of files.list(guests) ?? []) {
    const id = /^([1-9]\d*)\.nft$/.exec(name)?.[1];
    if (id !== undefined && !compiled.units.has(Number(id))) files.remove(`${guests}/${name}`);
  }
}
