import { libc } from '../libc.js';
import { namespaceFile } from '../namespace.js';
import { linkName } from './address.js';
import { changeLink, type RouteWorld } from './apply.js';
import type { LinkNamespace } from './types.js';

export async function rename(world: RouteWorld, link: string, name: string): Promise<void> {
  const attributes = { name: linkName(name) };
  await changeLink(world, link, 'renaming', attributes);
  world.indexes.forget();
}

export async function move(world: RouteWorld, link: string, to: LinkNamespace): Promise<void> {
  if ('pid' in to) await changeLink(world, link, 'moving', { namespacePid: to.pid });
  else {
    const fd = namespaceFile(to.name);
    try {
      await changeLink(world, link, 'moving', { namespaceFd: fd });
    } finally {
      libc.close(fd);
    }
  }
  world.indexes.forget();
}
