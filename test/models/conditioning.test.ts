import { expect, test } from 'vitest';
import { makeConditioning, openConditioning, promptsAt } from '../../models/conditioning.ts';
import { takeRows, tensor } from '../../models/tensor.ts';

const states = tensor([3, 2, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));

test('prompts are taken by row, in the order asked for, as often as asked for', () => {
  const conditioning = promptsAt(makeConditioning({ states }), [2, 0, 2]);
  expect(openConditioning(conditioning).states).toEqual(tensor([3, 2, 2], Float32Array.of(9, 10, 11, 12, 1, 2, 3, 4, 9, 10, 11, 12)));
});

test('rows taken from a tensor are copies', () => {
  const row = takeRows(states, [1]);
  row.data.fill(0);
  expect(states.data).toEqual(Float32Array.from({ length: 12 }, (_, i) => i + 1));
});

test('a conditioning shows nothing to those who pass it on', () => {
  const conditioning = makeConditioning({ states });
  expect([Object.keys(conditioning), JSON.stringify(conditioning)]).toEqual([[], '{}']);
});
