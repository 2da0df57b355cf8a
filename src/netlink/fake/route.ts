import { type CurrentLinks, LinkModel, type LinkOperation } from '../../bridges/index.js';
import { type Excuse, type Performed, type Refusal, RouteError, type RoutePort } from '../route/types.js';

const nothing: CurrentLinks = { links: [], addresses: [], routes: [], forwarding: [] };

/** The links of a kernel in memory: the model that plans foresee the kernel with, as a port. */
export class FakeRoute implements RoutePort {
  readonly #model: LinkModel;

  constructor(links: CurrentLinks = nothing) {
    this.#model = new LinkModel(links);
  }

  async read(): Promise<CurrentLinks> {
    return structuredClone(this.#model.state());
  }

  /** As a kernel to which everything was sent before its first answer was heard. */
  async perform(operations: readonly LinkOperation[], excuse: Excuse = () => false): Promise<Performed> {
    let refusal: Refusal | null = null;
    for (const [place, operation] of operations.entries()) {
      const errno = this.#model.perform(operation);
      if (errno === null || refusal !== null) continue;
      const failure = new RouteError(operation.kind, errno, null);
      if (!excuse(operation, failure)) refusal = { place, failure };
    }
    return { tried: operations.length, refusal };
  }

  async apply(operation: LinkOperation): Promise<void> {
    const errno = this.#model.perform(operation);
    if (errno !== null) throw new RouteError(operation.kind, errno, null);
  }

  async rename(): Promise<void> {
    throw new RouteError('renaming', 'EOPNOTSUPP', null);
  }

  async move(): Promise<void> {
    throw new RouteError('moving', 'EOPNOTSUPP', null);
  }

  close(): void {
    // Memory needs no closing.
  }
}
