import { Failure } from '../../diagnostics/index.js';
import { linkName } from './address.js';
import type { RouteRequests } from './requests.js';
import { link, linkHeaderOf, messageType } from './schema.js';

/** The indexes requests need for the names people use. What is known is asked once; a change of links forgets it. */
export class LinkIndexes {
  readonly #requests: RouteRequests;
  #known = new Map<string, number>();

  constructor(requests: RouteRequests) {
    this.#requests = requests;
  }

  /** Failure `no-such-link`, or RouteError. */
  async of(name: string): Promise<number> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const question = { header: linkHeaderOf({}), attributes: { name: linkName(name) } };
    const [found] = await this.#requests.get(`looking up ${name}`, messageType.getLink, link, question, link);
    if (found === undefined) throw new Failure('no-such-link', `there is no interface ${name}`);
    this.#known.set(name, found.header.index);
    return found.header.index;
  }

  /** As a dump has them. */
  learn(links: Iterable<readonly [name: string, index: number]>): void {
    this.#known = new Map(links);
  }

  /** Deleting one link can take others along. */
  forget(): void {
    this.#known.clear();
  }
}
