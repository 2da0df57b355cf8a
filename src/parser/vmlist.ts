import type { Diagnostic } from '../diagnostics/index.js';
import type { VmList, VmListEntry } from './config-trees.js';
import { readJson } from './json.js';
import { JsonShapes } from './json-shapes.js';

/** Reads `.vmlist`, the list of all guests of a cluster. An entry of another shape is reported and left out. */
export function parseVmList(bytes: Uint8Array, file: string): { vmList: VmList; diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics } = readJson(bytes, file);
  if (value === null) return { vmList: { guests: [] }, diagnostics };
  const shapes = new JsonShapes();
  shapes.isObject(value, '');
  const guests = shapes.membersOf(value, 'ids', '').flatMap(({ key, value: entry }): VmListEntry[] => {
    const path = `ids.${key.value}`;
    if (!shapes.isObject(entry, path)) return [];
    if (!/^[1-9][0-9]{0,8}$/.test(key.value)) {
      shapes.reject(key, path, 'a guest id');
      return [];
    }
    const node = shapes.requiredText(entry, 'node', path);
    const type = shapes.requiredText(entry, 'type', path);
    if (node === null || type === null) return [];
    if (type.value !== 'qemu' && type.value !== 'lxc') {
      shapes.reject(type, `${path}.type`, '`qemu` or `lxc`');
      return [];
    }
    return [{ id: { value: Number(key.value), span: key.span }, node: node.value, type: type.value }];
  });
  return { vmList: { guests }, diagnostics: shapes.diagnostics };
}
