import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../src/lib/address.ts';

describe('the address of a room', () => {
  it('reads room and settings', () => {
    const { room, query } = parseAddress('#/train?seed=7&hide=nav,theme');
    expect(room).toBe('train');
    expect(Object.fromEntries(query)).toEqual({ seed: '7', hide: 'nav,theme' });
  });

  it.each(['', '#', '#/', '#/?'])('takes %j for no room without settings', (hash) => {
    const { room, query } = parseAddress(hash);
    expect(room).toBe('');
    expect([...query]).toEqual([]);
  });

  it('keeps what is behind a second question mark', () => {
    expect(parseAddress('#/draw?a=b?c').query.get('a')).toBe('b?c');
  });

  it('writes what it reads', () => {
    for (const hash of ['#/draw', '#/train?layers=conv2d,dense&rate=0.001', '#/x?name=%C3%A4+b%26c']) {
      expect(formatAddress(parseAddress(hash))).toBe(hash);
    }
  });
});
