// Interlaced clips: whole frames are made of their fields, one for each frame, at the frame's own time.
import type { Ffmpeg } from './ffmpeg.ts';
import type { MediaInfo } from './probe.ts';

/** Codecs whose frames say themselves whether they are interlaced; a clip may mix both kinds. */
const SAY_SO = /^(h264|mpeg1video|mpeg2video|mpeg4|vc1|wmv3|dvvideo|prores|ffv1|v210|rawvideo|huffyuv|ffvhuff|utvideo|dnxhd|cavs)$/;

export type Deinterlacing = { readonly filter: string; readonly name: 'bwdif' | 'yadif' };

/**
 * The clip as it is deinterlaced while it is decoded: frame count and times stay.
 * @param mode `auto`: where the file says that it is interlaced
 */
export const deinterlaced = (info: MediaInfo, ffmpeg: Ffmpeg, mode: 'auto' | 'off', warn: (message: string) => void): MediaInfo => {
  const { fields, codec } = info.video;
  if (fields === undefined || mode === 'off') return info;
  const name = (['bwdif', 'yadif'] as const).find(filter => ffmpeg.filters.has(filter));
  if (name === undefined) {
    warn(`${info.path} is interlaced and this ffmpeg has no filter bwdif: its combs are drawn in; use a full build of ffmpeg`);
    return info;
  }
  warn(`${info.path} is interlaced: each frame is made whole of its fields (${name}); --deinterlace off leaves them as they are`);
  const which = SAY_SO.test(codec) ? 'parity=auto:deint=interlaced' : `parity=${fields === 'top' ? 'tff' : 'bff'}:deint=all`;
  return { ...info, deinterlacing: { name, filter: `${name}=mode=send_frame:${which}` } };
};
