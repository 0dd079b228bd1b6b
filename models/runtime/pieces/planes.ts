// Pictures of a batch, channels first, as rows with channels last: what goes into a network in pieces, and what comes out.
import { elements, type Tensor } from '../../tensor.ts';
import type { RowMap } from './scratch.ts';

/** The rows of picture i of [n, c, h, w], each [w, c]. */
export const rowsOfPicture = ({ dims, data }: Tensor, i: number): Pick<RowMap, 'read' | 'free'> => {
  const [, channels = 1, height = 1, width = 1] = dims;
  const first = i * channels * height * width;
  return {
    async read(from, end) {
      const rows = new Float32Array((end - from) * width * channels);
      for (let c = 0; c < channels; c++) {
        let at = first + (c * height + from) * width;
        for (let to = c; to < rows.length; to += channels) rows[to] = data[at++]!;
      }
      return rows;
    },
    free: async () => undefined,
  };
};

/** Takes rows [w, c] of picture i of [n, c, h, w], from the first on. */
export const rowsToPicture = ({ dims, data }: Tensor, i: number): Pick<RowMap, 'append'> => {
  const [, channels = 1, height = 1, width = 1] = dims;
  const first = i * elements([channels, height, width]);
  let done = 0;
  return {
    async append(rows) {
      const count = rows.length / (width * channels);
      for (let c = 0; c < channels; c++) {
        let at = first + (c * height + done) * width;
        for (let from = c; from < rows.length; from += channels) data[at++] = rows[from]!;
      }
      done += count;
    },
  };
};
