import { expect, test } from 'vitest';
import { recentValues } from '../../../pipeline/graph/recent.ts';

const value = (bytes: number) => ({ data: new Uint8Array(bytes) });

test('values stay up to a limit of bytes; the longest unread go first', () => {
  const recent = recentValues(100);
  for (const name of ['a', 'b', 'c']) recent.set(name, value(40));
  const at = (names: string[]) => names.filter(name => recent.get(name) !== undefined);
  expect(at(['a', 'b', 'c'])).toEqual(['b', 'c']);
  recent.get('b'); // now younger than c
  recent.set('d', value(40));
  expect(at(['a', 'c', 'b', 'd'])).toEqual(['b', 'd']);
});

test('the latest value stays however large it is, and all others go for it', () => {
  const recent = recentValues(100);
  recent.set('small', value(10));
  recent.set('large', value(1000));
  expect(recent.get('small')).toBeUndefined();
  expect(recent.get('large')).toEqual(value(1000));
  recent.set('next', value(10));
  expect(recent.get('large')).toBeUndefined();
  expect(recent.get('next')).toEqual(value(10));
});

test('a value that is set again counts once, as the latest', () => {
  const recent = recentValues(100);
  recent.set('a', value(40));
  recent.set('b', value(40));
  for (let i = 0; i < 5; i++) recent.set('a', value(50));
  expect(recent.get('b')).toEqual(value(40));
  expect(recent.get('a')).toEqual(value(50));
});

test('bytes are those of all typed arrays within, wherever they lie', () => {
  const symbol = Symbol('at');
  const nested = { pair: [new Float32Array(5), { deep: new Float64Array(5) }], [symbol]: new Uint8Array(40), text: 'no bytes', none: null };
  const recent = recentValues(150); // 20 + 40 + 40 of 100
  recent.set('nested', nested);
  recent.set('fits', value(50));
  expect(recent.get('nested')).toBe(nested);
  recent.set('over', value(1));
  expect(recent.get('fits')).toBeUndefined();
  expect(recent.get('nested')).toBe(nested);
});

test('a view counts as what it shows, not as the buffer behind it', () => {
  const recent = recentValues(100);
  recent.set('view', new Uint8Array(new ArrayBuffer(1000), 0, 50));
  recent.set('other', value(50));
  expect(recent.get('view')).toBeDefined();
});
