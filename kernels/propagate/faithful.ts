// What EbSynth's own procedure needs beside the search. Twin: test/stages/plain/patch.ts.

/** Uniformly random matches. `number` makes the samples. */
export function scatter(width: i32, height: i32, number: u32, out: usize): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, out += 4) {
      let h: u32 = (<u32>x * 0x9e3779b1) ^ (<u32>y * 0x85ebca77) ^ (number * 0xc2b2ae3d);
      h = (h ^ (h >> 16)) * 0x85ebca6b;
      h = (h ^ (h >> 13)) * 0xc2b2ae35;
      h ^= h >> 16;
      store<i16>(out, <i16>(((h & 0xffff) * <u32>width) >> 16));
      store<i16>(out, <i16>(((h >> 16) * <u32>height) >> 16), 2);
    }
  }
}

/** (2 a + b) / 3, bytes: the style as it is made and the temporal guide, by their weights 1/3 and 1/6, as one picture. */
export function mixGuides(a: usize, b: usize, count: i32, out: usize): void {
  for (let p: usize = 0; p < <usize>count; p++) {
    store<u8>(out + p, <u8>((2 * <i32>load<u8>(a + p) + <i32>load<u8>(b + p) + 1) / 3));
  }
}
