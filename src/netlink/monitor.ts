import { isOverrun } from './answer.js';
import { type Commit, CommitReader } from './nftables/notices.js';
import { type NetlinkSocket, openNetlinkSocket } from './socket.js';
import { attributes, parseMessages, readString } from './wire.js';

// uapi netlink.h, nfnetlink.h, rtnetlink.h, if_link.h; a group is the bit of its number less one
const NETLINK_ROUTE = 0;
const NETLINK_NETFILTER = 12;
const NFTABLES_GROUP = 1 << (7 - 1);
const LINK_GROUP = 1 << (1 - 1);
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
/** Bytes of `ifinfomsg`. */
const IFINFOMSG = 16;
const IFLA_IFNAME = 3;

/** What happened in a kernel since it was asked last. */
export interface KernelNews {
  /** In their order. */
  readonly commits: readonly Commit[];
  /** Links that came or changed, and those that went, in their order. */
  readonly links: readonly LinkNotice[];
  /** More happened than the kernel could tell. */
  readonly lost: boolean;
}

export interface LinkNotice {
  readonly name: string;
  readonly there: boolean;
}

/** Listens to what a kernel tells everybody: commits to nf_tables, and links that come and change. */
export interface KernelMonitor {
  /** Never waits. */
  news(): KernelNews;
  close(): void;
}

/** Hears everything from now on in this network namespace, or in a named one. */
export function openMonitor(netns?: string): KernelMonitor {
  const nftables = openNetlinkSocket(NETLINK_NETFILTER, netns, NFTABLES_GROUP);
  let route: NetlinkSocket;
  try {
    route = openNetlinkSocket(NETLINK_ROUTE, netns, LINK_GROUP);
  } catch (error) {
    nftables.close();
    throw error;
  }
  const reader = new CommitReader();
  return {
    news() {
      const commits: Commit[] = [];
      const lostCommits = drain(nftables, (bytes) => {
        commits.push(...reader.read(bytes));
      });
      if (lostCommits) reader.forget();
      const links: LinkNotice[] = [];
      const lostLinks = drain(route, (bytes) => {
        links.push(...linkNotices(bytes));
      });
      return { commits, links, lost: lostCommits || lostLinks };
    },
    close() {
      nftables.close();
      route.close();
    },
  };
}

/** Hands on all that is queued; true when the kernel had to leave something out. */
function drain(socket: NetlinkSocket, take: (bytes: Buffer) => void): boolean {
  let lost = false;
  for (;;) {
    try {
      const bytes = socket.receive();
      if (bytes === null) return lost;
      take(bytes);
    } catch (error) {
      if (!isOverrun(error)) throw error;
      lost = true;
    }
  }
}

function linkNotices(bytes: Buffer): LinkNotice[] {
  return parseMessages(bytes)
    .filter(({ type, payload }) => (type === RTM_NEWLINK || type === RTM_DELLINK) && isAboutLink(payload))
    .flatMap(({ type, payload }) =>
      attributes(payload, IFINFOMSG, payload.length)
        .filter((attribute) => attribute.type === IFLA_IFNAME)
        .map(({ start, end }) => ({ name: readString(payload, start, end), there: type === RTM_NEWLINK })),
    );
}

/** A port that leaves its bridge is told with the family AF_BRIDGE: the link itself is still there. */
const isAboutLink = (payload: Buffer): boolean => payload.length >= IFINFOMSG && payload.readUInt8(0) === 0;
