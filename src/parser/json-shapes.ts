import { type Diagnostic, diagnose, type Located } from '../diagnostics/index.js';
import type { JsonMember, JsonNode } from './json.js';
import type { Word } from './tree.js';

/**
 * Reads typed values out of JSON. A value of another shape is reported with its path (that of the whole file is empty)
 * and left out. Proxmox's Perl
 * writes numbers and booleans now as numbers and now as strings, so both are read.
 */
export class JsonShapes {
  readonly diagnostics: Diagnostic[] = [];

  /** Reports anything but an object. */
  isObject(node: JsonNode, path: string): node is JsonNode & { readonly kind: 'object' } {
    if (node.kind === 'object') return true;
    this.#report(node, path, 'an object');
    return false;
  }

  /** The members of an object; none when it is something else. */
  members(node: JsonNode, path: string): readonly JsonMember[] {
    return this.isObject(node, path) ? [...node.members.values()] : [];
  }

  /** The members of an object's member `key`; none when there is no such member. */
  membersOf(node: JsonNode, key: string, path: string): readonly JsonMember[] {
    const child = member(node, key);
    return child === null ? [] : this.members(child, join(path, key));
  }

  /** Is there such a member, of whatever shape? */
  has(node: JsonNode, key: string): boolean {
    return member(node, key) !== null;
  }

  /** A text member, or null when there is none. */
  text(node: JsonNode, key: string, path: string): Word | null {
    const child = member(node, key);
    if (child === null) return null;
    if (child.kind === 'string') return { value: child.value, span: child.span };
    return this.#report(child, join(path, key), 'a text');
  }

  /** A text member that has to be there. */
  requiredText(node: JsonNode, key: string, path: string): Word | null {
    if (member(node, key) === null) {
      return this.#report(node, join(path, key), 'a text, and is missing');
    }
    return this.text(node, key, path);
  }

  /** A whole number from 0, or null when there is none. */
  count(node: JsonNode, key: string, path: string): number | null {
    const child = member(node, key);
    if (child === null) return null;
    return countOf(child) ?? this.#report(child, join(path, key), 'a whole number');
  }

  /** 1, "1" or true; false when there is no such member. */
  flag(node: JsonNode, key: string, path: string): boolean {
    const child = member(node, key);
    if (child === null) return false;
    if (child.kind === 'boolean') return child.value;
    const count = countOf(child);
    if (count === null) this.#report(child, join(path, key), '0 or 1');
    return count !== null && count !== 0;
  }

  /** A list of texts; a single text counts as a list of one. */
  texts(node: JsonNode, key: string, path: string): readonly Word[] {
    const child = member(node, key);
    if (child === null) return [];
    const items = child.kind === 'array' ? child.items : [child];
    return items.flatMap((item) => {
      if (item.kind === 'string') return [{ value: item.value, span: item.span }];
      this.#report(item, join(path, key), 'a text or a list of texts');
      return [];
    });
  }

  /** Reports a text whose inner form is wrong. */
  reject(word: Located<unknown>, path: string, expected: string): null {
    return this.#report(word, path, expected);
  }

  #report({ span }: Pick<JsonNode, 'span'> | Located<unknown>, path: string, expected: string): null {
    const help = 'Proxmox VE writes this file: save the object it belongs to once more';
    const subject = path === '' ? 'the file' : `\`${path}\``;
    this.diagnostics.push(diagnose('json/shape', span, `${subject} should be ${expected}`, { help }));
    return null;
  }
}

function member(node: JsonNode, key: string): JsonNode | null {
  if (node.kind !== 'object') return null;
  const found = node.members.get(key)?.value;
  return found === undefined || found.kind === 'null' ? null : found;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function countOf(node: JsonNode): number | null {
  if (node.kind === 'number') return Number.isSafeInteger(node.value) && node.value >= 0 ? node.value : null;
  return node.kind === 'string' && /^[0-9]{1,15}$/.test(node.value) ? Number(node.value) : null;
}
