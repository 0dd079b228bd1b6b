// Fourier amplitudes of feature maps.
import { expect, test } from 'vitest';
import { gaussian } from '../../models/math/random.ts';
import { tensor } from '../../models/tensor.ts';
import { amplitudes2d, fft } from '../../stages/spectrum/fft.ts';
import { relativeTo, spectrumOf } from '../../stages/spectrum/radial.ts';

test.each([1, 2, 3, 7, 8, 12, 15, 30, 37, 64])('fft equals the sum that defines it at length %i', n => {
  const re = Float64Array.from(gaussian({ seed: n, purpose: 're' }, [n]).data);
  const im = Float64Array.from(gaussian({ seed: n, purpose: 'im' }, [n]).data);
  const out = fft({ re, im });
  for (let k = 0; k < n; k++) {
    let [a, b] = [0, 0];
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * j * k) / n;
      a += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
      b += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
    }
    expect(Math.hypot(out.re[k]! - a, out.im[k]! - b)).toBeLessThan(1e-11 * n);
  }
});

test('white noise is flat, a constant has frequency 0 alone, a wave its own ring', () => {
  const noise = spectrumOf(gaussian({ seed: 1, purpose: 'white' }, [1, 64, 24, 20]));
  for (const v of relativeTo(noise, noise).slice(1)) expect(Math.abs(v ?? 0)).toBeLessThan(0.25);
  const flat = spectrumOf(tensor([1, 2, 9, 16], new Float32Array(288).fill(3)));
  for (const v of relativeTo(flat, flat).slice(1)) expect(v ?? -99).toBeLessThan(-20);
  const wave = Float32Array.from({ length: 256 }, (_, i) => Math.cos((2 * Math.PI * 4 * (i % 16)) / 16)); // pi / 2
  const ring = spectrumOf(tensor([1, 1, 16, 16], wave)).map(v => v ?? 0);
  expect(ring.indexOf(Math.max(...ring))).toBe(4);
});

test('only the last of a batch is measured; one pixel has frequency 0 alone', () => {
  const x = gaussian({ seed: 2, purpose: 'pair' }, [2, 1, 4, 6]);
  expect(spectrumOf(x)).toEqual(spectrumOf(tensor([1, 1, 4, 6], x.data.slice(24))));
  expect(spectrumOf(tensor([1, 1, 1, 1], Float32Array.of(2)))[0]).toBeCloseTo(Math.log(2));
  expect(amplitudes2d([1, -1], 1, 2)).toEqual(Float64Array.of(0, 2));
});
