/** Where one is in the lab: what the part of the URL behind # says. */
export interface Address {
  readonly room: string;
  readonly query: URLSearchParams;
}

/**
 * Reads `#/room?name=value&…`; a part that is missing is empty.
 *
 * @example
 * parseAddress('#/draw?seed=3').query.get('seed'); // '3'
 */
export function parseAddress(hash: string): Address {
  const [path = '', ...rest] = hash.replace(/^#/, '').split('?');
  return { room: path.replace(/^\/+|\/+$/g, ''), query: new URLSearchParams(rest.join('?')) };
}

/** The opposite of `parseAddress`. Commas stay readable, since lists are written with them. */
export function formatAddress({ room, query }: Address): string {
  const text = query.toString().replaceAll('%2C', ',');
  return `#/${room}${text ? `?${text}` : ''}`;
}
