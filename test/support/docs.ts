import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The pages written for people, by their path in the repository. */
export const pages = (): string[] => [
  'README.md',
  'CONTRIBUTING.md',
  'lab/README.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

export const readPage = (page: string): string => readFileSync(join(repository, page), 'utf8');

/** A fenced code block of a page. */
export interface Fence {
  /** What stands behind the opening fence, such as `console netns`. */
  readonly info: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** The lines between the fences. */
  readonly body: readonly string[];
}

/** The fenced blocks in their order. A block that is not closed, or sits in a list, is an error: it would not be run. */
export function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; line: number; body: string[] } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    if (!/^\s*```/.test(line)) {
      open?.body.push(line);
    } else if (!line.startsWith('```')) {
      throw new Error(`line ${index + 1}: a fence must start its line`);
    } else if (open === null) {
      open = { info: line.slice(3).trim(), line: index + 1, body: [] };
    } else {
      fences.push(open);
      open = null;
    }
  }
  if (open !== null) throw new Error(`line ${open.line}: the fence is not closed`);
  return fences;
}

/** A heading and everything below it up to the next heading of the same or a higher level. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

/** The sections whose heading has this level; fenced blocks hold no headings. */
export function sectionsOf(text: string, level: number): Section[] {
  const sections: { title: string; lines: string[] }[] = [];
  let current: { title: string; lines: string[] } | null = null;
  let fenced = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    const [, marks = '', title = ''] = (fenced ? null : /^(#+) (.*)$/.exec(line)) ?? [];
    if (marks !== '' && marks.length <= level) {
      current = marks.length === level ? { title, lines: [] } : null;
      if (current !== null) sections.push(current);
    } else {
      current?.lines.push(line);
    }
  }
  return sections.map(({ title, lines }) => ({ title, text: lines.join('\n') }));
}

/** The cells of every row of the first table of a text, its head and the line under it left out. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const after = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  return lines.slice(first + 2, after === -1 ? undefined : after).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
