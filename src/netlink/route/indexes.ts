import { linkName } from './address.js';
import { type RouteRequest, type RouteRequests, request } from './requests.js';
import { link, linkHeaderOf, linkIndex, messageType, SKIP_STATISTICS } from './schema.js';
import { RouteError } from './types.js';

/**
 * The indexes requests need for the names people use. What is known is not asked again; one that another program gave
 * away since is refused by the kernel, which does not use an index twice.
 */
export class LinkIndexes {
  readonly #requests: RouteRequests;
  #known = new Map<string, number>();

  constructor(requests: RouteRequests) {
    this.#requests = requests;
  }

  /** Sends what was added, for a name that is not known yet: the link may be made there. Throws RouteError. */
  of(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    this.#requests.send();
    return this.#known.get(name) ?? this.#ask(name);
  }

  /** Adds the question behind the request that makes the link. */
  expect(name: string): void {
    this.forget(name);
    this.#add(name, () => {});
  }

  /** As a dump has them. */
  learn(links: Iterable<readonly [name: string, index: number]>): void {
    this.#known = new Map(links);
  }

  forget(name: string): void {
    this.#known.delete(name);
  }

  /** A link that goes takes others along, whose names may come back with other indexes. */
  forgetAll(): void {
    this.#known.clear();
  }

  #ask(name: string): number {
    let refusal: RouteError | null = null;
    this.#add(name, (error) => {
      refusal = error;
    });
    this.#requests.send();
    const index = this.#known.get(name);
    if (index !== undefined) return index;
    throw refusal ?? new RouteError(`looking up ${name}`, 'ENODEV', null);
  }

  #add(name: string, refused: (error: RouteError) => void): void {
    const answered = (bytes: Buffer, start: number, end: number): void => {
      this.#known.set(name, linkIndex.read(bytes, start, end).header.index);
    };
    this.#requests.add(questionOf(name), { refused, answered });
  }
}

function questionOf(name: string): RouteRequest {
  const question = { header: linkHeaderOf({}), attributes: { name: linkName(name), extendedMask: SKIP_STATISTICS } };
  return request(`looking up ${name}`, messageType.getLink, 0, link, question);
}
