import { diagnose, type Report } from '../diagnostics/index.js';
import { type InterfacesContent, nearest, type Word } from '../parser/index.js';
import { isNameRange } from './name-range.js';
import { namesOf } from './stanza.js';

/** `auto` comes up at boot, `hotplug` when its device appears. */
export type StartMark = 'auto' | 'hotplug';

/** Stands for every interface. */
export const ALL = 'all';

/** The names after `auto` and `allow-hotplug`, wherever they stand, and what starts them. */
export function readStarts(contents: readonly InterfacesContent[], report: Report): ReadonlyMap<string, StartMark> {
  const marks = new Map<string, StartMark>();
  const above = new Set<string>();
  const all = namesOfStanzas(contents);
  for (const content of contents) {
    if (content.kind === 'iface') for (const { value } of namesOf(content.name, ignore)) above.add(value);
    if (content.kind !== 'auto' || (content.class !== 'auto' && content.class !== 'hotplug')) continue;
    for (const word of content.names) {
      if (/[/=]/.test(word.value)) continue;
      const names = namesOf(word, report).map(({ value }) => value);
      const mark = { word, names, late: names.some((name) => above.has(name) && !marks.has(name)) };
      if (content.class === 'auto') reportMark(mark, all, report);
      for (const name of names) if (marks.get(name) !== 'auto') marks.set(name, content.class);
    }
  }
  return marks;
}

const ignore: Report = () => {};

const namesOfStanzas = (contents: readonly InterfacesContent[]): ReadonlySet<string> =>
  new Set(
    contents.flatMap((content) =>
      content.kind === 'iface' ? namesOf(content.name, ignore).map(({ value }) => value) : [],
    ),
  );

interface Mark {
  readonly word: Word;
  readonly names: readonly string[];
  /** The stanza stands above. */
  readonly late: boolean;
}

function reportMark({ word, names, late }: Mark, all: ReadonlySet<string>, report: Report): void {
  const missing = names.find((name) => !all.has(name));
  if (missing !== undefined && missing !== ALL) {
    const near = nearest(missing, all);
    const help = near === null ? 'add an `iface` stanza for it, or remove it here' : `did you mean \`${near}\`?`;
    const message = `\`${missing}\` has no iface stanza: there is nothing to start`;
    report(diagnose('interfaces/no-stanza', word.span, message, { help }));
  } else if (late) {
    const message = `ifupdown2 does not start \`${word.value}\`: for it, \`auto\` counts only above the stanza`;
    report(diagnose('interfaces/dialect', word.span, message, { help: 'put it above the `iface`' }));
  } else if (isNameRange(word.value)) {
    const message = `ifupdown2 does not start \`${word.value}\`: it takes ranges of names in \`iface\` only`;
    report(diagnose('interfaces/dialect', word.span, message, { help: 'write each name' }));
  }
}
