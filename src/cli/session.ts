import process from 'node:process';

/** The own address of the connection the administrator works over, as sshd says it; undefined on a console. */
export function sessionAddress(): string | undefined {
  const [, , address] = (process.env['SSH_CONNECTION'] ?? '').split(' ');
  return address === '' ? undefined : address;
}
