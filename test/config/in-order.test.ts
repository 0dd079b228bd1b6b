import { expect, test } from 'vitest';
import { allInOrder } from '../../config/in-order.ts';

const later = (ms: number, error?: string): Promise<number> =>
  new Promise((resolve, reject) => setTimeout(() => (error ? reject(new Error(error)) : resolve(ms)), ms));

test('of two faults the first of the list is told, also when the other came first', async () => {
  await expect(allInOrder([later(1), later(20, 'first'), later(2, 'second')])).rejects.toThrow('first');
});

test('values keep their order and their types', async () => {
  const [a, b]: [number, string] = await allInOrder([later(5), 'b']);
  expect([a, b]).toEqual([5, 'b']);
});
