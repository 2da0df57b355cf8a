import { applyStep } from './apply.js';
import { readAddresses, readLinks, readRoutes } from './read.js';
import { RouteRequests } from './requests.js';
import type { RoutePort } from './types.js';

/** rtnetlink of this network namespace, or of a named one. Failures: `no-such-netns`, `no-permission`. */
export function openRoute(netns?: string): RoutePort {
  const requests = new RouteRequests(netns);
  return {
    readLinks: () => readLinks(requests),
    readAddresses: () => readAddresses(requests),
    readRoutes: () => readRoutes(requests),
    apply: (step) => applyStep(requests, step),
    close: () => requests.close(),
  };
}
