import { describe, expect, it } from 'vitest';
import { onExit, runExitHooks } from '../../config/exit-hooks.ts';

describe('exit hooks', () => {
  it('runs each once, the latest first, past one that throws, without those removed', () => {
    const ran: string[] = [];
    onExit(() => ran.push('first'));
    const remove = onExit(() => ran.push('removed'));
    onExit(() => {
      ran.push('throws');
      throw new Error('already gone');
    });
    onExit(() => ran.push('last'));
    remove();
    runExitHooks();
    runExitHooks();
    expect(ran).toEqual(['last', 'throws', 'first']);
  });
});
