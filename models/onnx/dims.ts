// Dims of tensors that may be free: a number, or a product of a number and named sizes such as `4*height*width/2`.

/**
 * A size known at build time, or a text for one known at run time. In the text `*` joins factors, `height/2` is half
 * of the height rounded up and `height//2` rounded down.
 */
export type Dim = number | string;

type Product = { readonly factor: number; readonly names: readonly string[] };

const productOf = (dim: Dim): Product => {
  if (typeof dim === 'number') return { factor: dim, names: [] };
  const parts = dim.split('*');
  const names = parts.filter(part => !/^\d+$/.test(part));
  return { factor: parts.filter(part => /^\d+$/.test(part)).reduce((n, part) => n * Number(part), 1), names };
};

const textOf = ({ factor, names }: Product): Dim =>
  names.length === 0 || factor === 0 ? factor : [...(factor === 1 ? [] : [factor]), ...[...names].sort()].join('*');

/** The product of dims; `product(['height', 2, 'width'])` is `2*height*width`. */
export const product = (dims: readonly Dim[]): Dim => {
  const parts = dims.map(productOf);
  return textOf({ factor: parts.reduce((n, part) => n * part.factor, 1), names: parts.flatMap(part => part.names) });
};

/** What a dim is a product of: `2*height` is 2 and `height`. */
export const factorsOf = (dim: Dim): Dim[] => {
  const { factor, names } = productOf(dim);
  return factor === 1 && names.length > 0 ? [...names] : [factor, ...names];
};

/** `whole / part` where that is exact; undefined where it is not, or cannot be known. */
export const quotient = (whole: Dim, part: Dim): Dim | undefined => {
  const { factor, names } = productOf(whole);
  const divisor = productOf(part);
  if (divisor.factor === 0 || factor % divisor.factor !== 0) return undefined;
  const left = [...names];
  for (const name of divisor.names) {
    const at = left.indexOf(name);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return textOf({ factor: factor / divisor.factor, names: left });
};

/** Half of a dim, rounded `up` or `down`. */
export const half = (dim: Dim, rounding: 'up' | 'down'): Dim => {
  const { factor, names } = productOf(dim);
  if (names.length === 0) return rounding === 'up' ? Math.ceil(factor / 2) : Math.floor(factor / 2);
  if (factor % 2 === 0) return textOf({ factor: factor / 2, names });
  const sign = rounding === 'up' ? '/' : '//';
  const [, name, divisor] = new RegExp(`^([^/*]+)(?:${sign}(\\d+))?$`).exec(String(dim)) ?? [];
  // ceil(ceil(x / a) / 2) = ceil(x / 2a), and the same for floor; a mixed rounding has no such short name.
  return name === undefined ? `(${String(dim).replaceAll('*', '·')})${sign}2` : `${name}${sign}${2 * Number(divisor ?? 1)}`;
};

/** Values of names: `{ batch: 2, height: 64, width: 64 }`. */
export type Sizes = Readonly<Record<string, number>>;

/** The size of a dim when its names have the given values; undefined when one of them is not given. */
export const sizeOf = (dim: Dim, sizes: Sizes): number | undefined => {
  const { factor, names } = productOf(dim);
  let size = factor;
  for (const text of names) {
    const [, name = '', sign, divisor] = /^([^/]+)(?:(\/\/?)(\d+))?$/.exec(text) ?? [];
    const value = sizes[text] ?? sizes[name];
    if (value === undefined) return undefined;
    if (sizes[text] !== undefined || sign === undefined) size *= value;
    else size *= sign === '/' ? Math.ceil(value / Number(divisor)) : Math.floor(value / Number(divisor));
  }
  return size;
};

/** `[2, 4, height, width]`. */
export const showDims = (dims: readonly Dim[]): string => `[${dims.join(', ')}]`;

export const sameDims = (a: readonly Dim[], b: readonly Dim[]): boolean => a.length === b.length && a.every((dim, i) => dim === b[i]);
