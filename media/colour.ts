// Filters that bring any source to upright 8-bit RGB with the right colours.
import { cropFilters } from './crop.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { MediaInfo } from './probe.ts';

/** Untagged YUV of at least this height is BT.709, below it BT.601, as players assume. */
const HD_HEIGHT = 720;

/** The names that the scale filter knows for a matrix. */
const MATRICES: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  smpte170m: 'smpte170m',
  bt470bg: 'bt470',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
};

const matrixOf = ({ video, height, crop }: MediaInfo): string =>
  MATRICES[video.colour.matrix ?? ''] ?? ((crop?.of.height ?? height) >= HD_HEIGHT ? 'bt709' : 'smpte170m');

const isRgb = (pixelFormat: string): boolean => /^(rgb|bgr|gbr|argb|abgr|rgba|bgra|pal8|0rgb|0bgr|x2)/.test(pixelFormat);

/** HDR to BT.709: to linear light (100 nits white), tone mapped, back. */
const toneMapping = ({ hdr }: MediaInfo['video']): string[] => [
  `zscale=tin=${hdr === 'hlg' ? 'arib-std-b67' : 'smpte2084'}:min=2020_ncl:pin=2020:t=linear:npl=100`,
  'format=gbrpf32le',
  'zscale=p=709',
  'tonemap=tonemap=hable:desat=0',
  'zscale=t=709:m=709:r=tv',
  'format=yuv444p',
];

/** Of the scale filter: no shortcuts in rounding or in the colour planes. */
const EXACT = 'accurate_rnd+full_chroma_inp+full_chroma_int';

// premultiply would do, but its 8-bit RGB is wrong in builds of 2018
const ON_BLACK = 'format=rgba,split[over][under];[under]lutrgb=r=0:g=0:b=0:a=255,format=rgb24[black];[black][over]overlay=format=rgb';

/**
 * The filter chain from decoded frames to RGB24 of a size. What cannot be done right is told to `warn`.
 * Rotation is ffmpeg's own doing, before the first filter.
 */
export const rgbFilters = (
  info: MediaInfo,
  ffmpeg: Ffmpeg,
  { width, height }: { width: number; height: number },
  warn: (message: string) => void,
): string[] => {
  const { video, path } = info;
  const filters = cropFilters(info);
  let matrix = matrixOf(info);
  let range = video.colour.range === 'pc' ? 'pc' : 'tv';
  if (video.hdr) {
    if (ffmpeg.filters.has('zscale') && ffmpeg.filters.has('tonemap')) {
      warn(`${path} is HDR (${video.hdr.toUpperCase()}); its colours are brought down to 8-bit BT.709`);
      filters.push(...toneMapping(video));
      [matrix, range] = ['bt709', 'tv'];
    } else
      warn(
        `${path} is HDR (${video.hdr.toUpperCase()}) and this ffmpeg has no zscale filter to bring it to BT.709: ` +
          'colours will look pale; use a full build of ffmpeg',
      );
  }
  const source = isRgb(video.pixelFormat) ? '' : `:in_color_matrix=${matrix}:in_range=${range}`;
  if (video.alpha) {
    warn(`${path} may have transparent parts, which are shown on black`);
    filters.push(`scale=iw:ih:flags=${EXACT}${source}`, ON_BLACK, `scale=${width}:${height}:flags=lanczos+${EXACT}`);
  } else filters.push(`scale=${width}:${height}:flags=lanczos+${EXACT}${source}`);
  return [...filters, 'format=rgb24'];
};

/** Input options that choose a decoder which keeps transparency: ffmpeg's own for VP8 and VP9 drop it. */
export const alphaDecoder = ({ video }: MediaInfo, { decoders }: Ffmpeg): string[] => {
  const decoder = video.alpha && { vp8: 'libvpx', vp9: 'libvpx-vp9' }[video.codec];
  return decoder && decoders.has(decoder) ? ['-c:v', decoder] : [];
};
