/** A text somebody put into a field to get out of it. `bytes` where it is no text at all. */
export interface Payload {
  readonly name: string;
  readonly bytes: Buffer;
}

const texts: Readonly<Record<string, string>> = {
  'a quote that ends a comment of nft': 'x" ; add rule inet ringwall input accept ; "y',
  'a closing brace and a table': '} } table inet evil { chain x { accept; } ',
  'a backslash before the quote that ends it': 'x\\',
  'a semicolon and a command': '; flush ruleset ;',
  'a carriage return': 'x\rIN ACCEPT',
  'a form feed and a vertical tab': 'x\f\vIN ACCEPT',
  'a next-line character': 'x\u0085IN ACCEPT',
  'a line separator': 'x\u2028IN ACCEPT',
  'a NUL': 'x\0y',
  'a NUL at the end': 'x\0',
  'a terminal title and a cleared screen': '\x1b]0;owned\x07\x1b[2J\x1b[1;1H',
  'an 8-bit control sequence': '\u009b2J\u009d0;owned\u009c',
  'an override of the writing direction': 'x\u202etxt.exe\u2066',
  backspaces: 'x\b\b\bDROP',
  'a command substitution': '$(reboot)`reboot`',
  'a pipe and a redirection': 'x|reboot>/etc/passwd&',
  'a way out of a folder': '../../../../../../etc/passwd',
  'an absolute path': '/etc/shadow',
  'format directives': '%s%n%x',
  'the names of every object': '__proto__',
  'the constructor of every object': 'constructor.prototype',
  'an option of a program': '--flush-all',
  '16 bytes': '0123456789abcdef',
  '300 bytes': 'x'.repeat(300),
  '300 bytes of two-byte letters': 'ä'.repeat(150),
  '70,000 bytes': 'y'.repeat(70_000),
  'half a surrogate pair': '\ud800x',
};

export const payloads: readonly Payload[] = [
  ...Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
  { name: 'bytes that are no UTF-8', bytes: Buffer.from('x\xff\xfe\xc3(\x80y', 'latin1') },
];

/** What a terminal acts on, reorders by or does not show. Lines end. */
export const HARMFUL = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
