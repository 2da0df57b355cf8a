import type { KernelMonitor, KernelNews } from '../monitor.js';

const nothing: KernelNews = { commits: [], links: [], lost: false };

/** What is told is heard once. */
export class FakeMonitor implements KernelMonitor {
  #waiting: KernelNews[] = [];

  tell(news: Partial<KernelNews>): void {
    this.#waiting.push({ ...nothing, ...news });
  }

  news(): KernelNews {
    const told = this.#waiting;
    this.#waiting = [];
    return {
      commits: told.flatMap(({ commits }) => commits),
      links: told.flatMap(({ links }) => links),
      lost: told.some(({ lost }) => lost),
    };
  }

  close(): void {}
}
