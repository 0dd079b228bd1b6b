import { describe, expect, test } from 'vitest';
import { rolesOf } from '../../../stages/keyframes/roles.ts';

const ONE_SHOT = [{ first: 0, last: 50 }];
const KEYS = [0, 10, 20, 30, 40, 50];
/** `frame: anchor previous states`, `-` where there is none. */
const told = (...[shots, keys, options]: Parameters<typeof rolesOf>): string[] =>
  rolesOf(shots, keys, options).map(({ frame, links: l }) => `${frame}: ${l ? `${l.anchor} ${l.previous} ${l.states}` : '-'}`);

describe('rolesOf', () => {
  test('the first key frame of a shot is its anchor, the one before is the previous', () => {
    expect(told(ONE_SHOT, KEYS, { refresh: undefined, update: 1 })).toEqual([
      '0: -',
      '10: 0 0 0',
      '20: 0 10 10',
      '30: 0 20 20',
      '40: 0 30 30',
      '50: 0 40 40',
    ]);
  });

  test('states are replaced by those of the first key frame behind the anchor and of every n-th after it', () => {
    const states = (update: number) => rolesOf(ONE_SHOT, KEYS, { refresh: undefined, update }).map(({ links }) => links?.states);
    expect(states(2)).toEqual([undefined, 0, 10, 10, 30, 30]);
    expect(states(3)).toEqual([undefined, 0, 10, 10, 10, 40]);
    expect(states(0)).toEqual([undefined, 0, 0, 0, 0, 0]);
  });

  test('a refreshed anchor is drawn from the one before it and takes over from the next key frame on', () => {
    expect(told(ONE_SHOT, KEYS, { refresh: 2, update: 1 })).toEqual([
      '0: -',
      '10: 0 0 0',
      '20: 0 10 10',
      '30: 20 20 20',
      '40: 20 30 30',
      '50: 40 40 40',
    ]);
    expect(rolesOf(ONE_SHOT, KEYS, { refresh: 1, update: 1 }).map(({ links }) => links?.anchor)).toEqual([undefined, 0, 10, 20, 30, 40]);
  });

  test('a chosen anchor is followed in both directions of time', () => {
    expect(told(ONE_SHOT, KEYS, { at: [20], refresh: undefined, update: 1 })).toEqual([
      '0: 20 10 10',
      '10: 20 20 20',
      '20: -',
      '30: 20 20 20',
      '40: 20 30 30',
      '50: 20 40 40',
    ]);
    const first = { refresh: undefined, update: 1 };
    expect(told(ONE_SHOT, KEYS, { ...first, at: [0] })).toEqual(told(ONE_SHOT, KEYS, first));
  });

  test('every shot has an anchor of its own, a shot of one frame is nobody’s', () => {
    const shots = [
      { first: 0, last: 4 },
      { first: 5, last: 5 },
      { first: 6, last: 8 },
    ];
    expect(told(shots, [0, 4, 5, 6, 8], { refresh: undefined, update: 1 })).toEqual(['0: -', '4: 0 0 0', '5: -', '6: -', '8: 6 6 6']);
  });
});
