import { Failure } from '../../diagnostics/index.js';
import { linkName } from './address.js';
import type { RouteRequests } from './requests.js';
import { link, linkHeaderOf, linkIndex, messageType, SKIP_STATISTICS } from './schema.js';

/**
 * The indexes requests need for the names people use. What is known is not asked again; one that another program gave
 * away since is refused by the kernel, which does not use an index twice.
 */
export class LinkIndexes {
  readonly #requests: RouteRequests;
  #known = new Map<string, number | Promise<number>>();

  constructor(requests: RouteRequests) {
    this.#requests = requests;
  }

  /** Failure `no-such-link`, or RouteError. */
  async of(name: string): Promise<number> {
    return this.#known.get(name) ?? this.ask(name);
  }

  /** Asks at once, for a link whose making was sent before. */
  ask(name: string): Promise<number> {
    const answer = this.#lookUp(name);
    this.#known.set(name, answer);
    // Whoever needs the index hears of the failure; the next one asks again.
    answer.catch(() => {
      if (this.#known.get(name) === answer) this.#known.delete(name);
    });
    return answer;
  }

  async #lookUp(name: string): Promise<number> {
    const question = { header: linkHeaderOf({}), attributes: { name: linkName(name), extendedMask: SKIP_STATISTICS } };
    const [found] = await this.#requests.get(`looking up ${name}`, messageType.getLink, link, question, linkIndex);
    if (found === undefined) throw new Failure('no-such-link', `there is no interface ${name}`);
    return found.header.index;
  }

  /** As a dump has them. */
  learn(links: Iterable<readonly [name: string, index: number]>): void {
    this.#known = new Map(links);
  }

  forget(name: string): void {
    this.#known.delete(name);
  }
}
