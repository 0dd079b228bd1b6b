// Damage to JSON: values of other kinds and sizes in its places, keys that mean something to JavaScript, other encodings.
import { damageBytes } from './damage-bytes.ts';
import type { Random } from './random.ts';

/** Stands in a value for a text that JSON.stringify could not make. */
const RAW = '\u0001raw:';

const deep = (levels: number, random: Random): string =>
  random.chance(0.5) ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

const NUMBERS = [0, -0, 1, -1, 2, 0.5, 64, 128, 255, 1e4, 1e5, 1e6, 1e9, 1e10, 2 ** 31, 2 ** 32, 2 ** 53, 1e20, 1e300, -1e300] as const;
const RAW_NUMBERS = ['1e999', '-1e999', 'Infinity', '-Infinity', 'NaN', '1e-999', '00', '0x10'] as const;
const TEXTS = [
  '',
  'x',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '\u0000',
  '\ud800',
  '../x',
  '.*.*.*.*.*.*.*',
  '(a+)+$',
  '(',
];

export const strangeText = (random: Random): string =>
  random.chance(0.1) ? random.pick(['a', '.', '.*', 'é', '"']).repeat(random.pick([100, 5000, 60_000])) : random.pick(TEXTS);

const strange = (random: Random): unknown => {
  switch (random.below(9)) {
    case 0:
      return random.pick([null, true, false]);
    case 1:
    case 2:
    case 3:
      return random.pick(NUMBERS);
    case 4:
      return RAW + random.pick(RAW_NUMBERS);
    case 5:
      return strangeText(random);
    case 6:
      return RAW + deep(random.pick([5, 60, 70, 1000, 20_000, 200_000]), random);
    case 7:
      return Array.from({ length: random.pick([0, 1, 3, 17, 1000, 200_000]) }, () => random.pick([1, 0, 'x', null]));
    default:
      return random.pick<object>([[], {}, { constructor: 1 }, { content: {} }, { toString: null }, [[]], [null]]);
  }
};

type Place = { readonly holder: Record<string, unknown>; readonly key: string };

/** Every place of a value, by the object or list that holds it; of long ones only some. */
const placesOf = (value: unknown, found: Place[] = []): Place[] => {
  if (typeof value !== 'object' || value === null || found.length > 2000) return found;
  for (const key of Object.keys(value).slice(0, 200)) {
    found.push({ holder: value as Record<string, unknown>, key });
    placesOf((value as Record<string, unknown>)[key], found);
  }
  return found;
};

const set = (holder: Record<string, unknown>, key: string, value: unknown): void => {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
};

const damageValue = (value: unknown, random: Random): unknown => {
  const root = { value: structuredClone(value) };
  for (let i = 1 + random.below(3); i > 0; i--) {
    const places = placesOf(root);
    if (places.length === 0) break;
    // the outermost entries are the ones that are read
    const { holder, key } = random.chance(0.5) ? random.pick(places) : random.pick(places.slice(0, 40));
    switch (random.below(8)) {
      case 0:
        delete holder[key];
        break;
      case 1:
        if (!Array.isArray(holder)) set(holder, strangeText(random), holder[key]);
        break;
      case 2: {
        const own = holder[key];
        if (typeof own === 'object' && own !== null && !Array.isArray(own))
          set(own as Record<string, unknown>, strangeText(random), strange(random));
        break;
      }
      case 3: {
        const other = random.pick(places);
        holder[key] = structuredClone(other.holder[other.key]);
        break;
      }
      default:
        holder[key] = strange(random);
    }
  }
  return root.value;
};

/** As JSON text, with the raw texts in their places; not always JSON. */
const textOf = (value: unknown): string =>
  (JSON.stringify(value) ?? '').replace(/"\\u0001raw:((?:[^"\\]|\\.)*)"/g, (_, raw: string) => JSON.parse(`"${raw}"`));

const encode = (text: string, random: Random): Buffer => {
  switch (random.below(30)) {
    case 0:
      return Buffer.from(`\uFEFF${text}`);
    case 1:
      return Buffer.from(`\uFEFF${text}`, 'utf16le');
    case 2:
      return Buffer.from(text, 'utf16le');
    case 3:
      return Buffer.from(text, 'latin1');
    default:
      return Buffer.from(text);
  }
};

/** The bytes of a JSON file after damage to what it says, or to its bytes. */
export const damageJson = (value: unknown, random: Random): Buffer => {
  if (random.chance(0.15)) return damageBytes(Buffer.from(JSON.stringify(value)), random);
  return encode(textOf(damageValue(value, random)), random);
};
