/** Names of `/etc/ethertypes`, lower case, with the numbers IEEE gave them (IANA's list "IEEE 802 Numbers"). */
const ethertypes: Readonly<Record<string, number>> = {
  ipv4: 0x0800,
  x25: 0x0805,
  arp: 0x0806,
  fr_arp: 0x0808,
  bpq: 0x08ff,
  trill: 0x22f3,
  'l2-is-is': 0x22f4,
  teb: 0x6558,
  raw_fr: 0x6559,
  rarp: 0x8035,
  atalk: 0x809b,
  aarp: 0x80f3,
  '802_1q': 0x8100,
  ipx: 0x8137,
  netbeui: 0x8191,
  ipv6: 0x86dd,
  ppp: 0x880b,
  mpls: 0x8847,
  mpls_multi: 0x8848,
  atmmpoa: 0x884c,
  ppp_disc: 0x8863,
  ppp_ses: 0x8864,
  atmfate: 0x8884,
  eapol: 0x888e,
  's-tag': 0x88a8,
  eap_preauth: 0x88c7,
  lldp: 0x88cc,
  macsec: 0x88e5,
  pbb: 0x88e7,
  mvrp: 0x88f5,
  ptp: 0x88f7,
  fcoe: 0x8906,
  fip: 0x8914,
  roce: 0x8915,
  lowpan: 0xa0ed,
};

/** Below this, the field of an Ethernet header is a length (IEEE 802.3, 3.2.6). */
const FIRST_ETHERTYPE = 0x0600;

/** A list such as `ARP,LLDP,0x88cc`: names in any case, and numbers of four hex digits. Undefined when an item is none. */
export function parseEthertypes(text: string): readonly number[] | undefined {
  const numbers: number[] = [];
  for (const item of text.split(',')) {
    const number = parseEthertype(item.trim().toLowerCase());
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  return numbers;
}

function parseEthertype(word: string): number | undefined {
  if (Object.hasOwn(ethertypes, word)) return ethertypes[word];
  const [, digits] = /^(?:0x)?([0-9a-f]{4})$/.exec(word) ?? [];
  const number = digits === undefined ? 0 : Number.parseInt(digits, 16);
  return number < FIRST_ETHERTYPE ? undefined : number;
}
