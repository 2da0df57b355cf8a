import { libc } from '../libc.js';
import { namespaceFile } from '../namespace.js';
import { linkName } from './address.js';
import { changeLink } from './changes.js';
import type { RouteWorld } from './perform.js';
import type { LinkNamespace } from './types.js';

export async function rename({ requests, indexes }: RouteWorld, link: string, name: string): Promise<void> {
  const attributes = { name: linkName(name) };
  await requests.change(await changeLink(indexes, link, 'renaming', attributes));
  indexes.forget(link);
}

export async function move({ requests, indexes }: RouteWorld, link: string, to: LinkNamespace): Promise<void> {
  if ('pid' in to) await requests.change(await changeLink(indexes, link, 'moving', { namespacePid: to.pid }));
  else {
    const fd = namespaceFile(to.name);
    try {
      await requests.change(await changeLink(indexes, link, 'moving', { namespaceFd: fd }));
    } finally {
      libc.close(fd);
    }
  }
  indexes.forget(link);
}
