import { describe, expect, test } from 'vitest';
import { parseEmbeddings, parseLoras } from '../../config/adapters.ts';

describe('parseLoras', () => {
  test.each<[string, string, number]>([
    ['ink.safetensors', 'ink.safetensors', 1],
    ['ink.safetensors:0.8', 'ink.safetensors', 0.8],
    ['ink.safetensors:0', 'ink.safetensors', 0],
    ['a/ink:-.5', 'a/ink', -0.5],
    ['a/ink:+2', 'a/ink', 2],
    ['C:\\styles\\ink.safetensors', 'C:\\styles\\ink.safetensors', 1],
    ['C:\\styles\\ink.safetensors:0.8', 'C:\\styles\\ink.safetensors', 0.8],
    ['d:/styles/ink:1e-1', 'd:/styles/ink', 0.1],
    ['a:2', 'a', 2],
    ['10:30.safetensors', '10:30.safetensors', 1],
    ['10:30.safetensors:1', '10:30.safetensors', 1],
  ])('%s', (value, path, weight) => {
    expect(parseLoras([value])).toEqual([{ path, weight }]);
  });

  test('several keep their order', () => {
    expect(parseLoras(['b:2', 'a']).map(lora => lora.path)).toEqual(['b', 'a']);
  });

  test.each([
    [':0.5', 'no file before the weight'],
    ['ink:21', 'from -20 to 20'],
    ['ink:-1e9', 'from -20 to 20'],
  ])('%s is refused', (value, message) => {
    expect(() => parseLoras([value])).toThrow(message);
  });
});

describe('parseEmbeddings', () => {
  test.each<[string, { path: string; token?: string }]>([
    ['learned_embeds.bin', { path: 'learned_embeds.bin' }],
    ['learned_embeds.bin:<R>', { path: 'learned_embeds.bin', token: '<R>' }],
    ['C:\\tokens\\ink.pt', { path: 'C:\\tokens\\ink.pt' }],
    ['C:/tokens/ink.pt', { path: 'C:/tokens/ink.pt' }],
    ['C:\\tokens\\ink.pt:my-ink', { path: 'C:\\tokens\\ink.pt', token: 'my-ink' }],
    ['/a:b/ink.pt', { path: '/a:b/ink.pt' }],
  ])('%s', (value, expected) => {
    expect(parseEmbeddings([value])).toEqual([expected]);
  });

  test.each([':<R>', 'ink.pt:', ''])('%j is refused', value => {
    expect(() => parseEmbeddings([value])).toThrow('write --embedding FILE or FILE:TOKEN');
  });
});
