import { expect, test } from 'vitest';
import { parseControls } from '../../config/control.ts';

test.each([
  [['none'], []],
  [['tile'], [{ type: 'tile' }]],
  [['tile:0.5'], [{ type: 'tile', scale: 0.5 }]],
  [['canny=nets/canny'], [{ type: 'canny', folder: 'nets/canny' }]],
  [
    ['canny=C:\\nets\\canny:1', 'tile:.25'],
    [
      { type: 'canny', folder: 'C:\\nets\\canny', scale: 1 },
      { type: 'tile', scale: 0.25 },
    ],
  ],
  [['canny=a=b:c'], [{ type: 'canny', folder: 'a=b:c' }]],
  [
    ['depth=nets/depth:0.8,images=depth/,steps=0-0.6'],
    [{ type: 'depth', folder: 'nets/depth', scale: 0.8, images: 'depth/', steps: [0, 0.6] }],
  ],
  [['lineart,images=C:\\lines, all\\of=them,scale=2'], [{ type: 'lineart', images: 'C:\\lines, all\\of=them', scale: 2 }]],
  [['hed,annotator=nets/ControlNetHED.pth,steps=.25-1'], [{ type: 'hed', annotator: 'nets/ControlNetHED.pth', steps: [0.25, 1] }]],
  [['canny,images=edges.mp4'], [{ type: 'canny', images: 'edges.mp4' }]],
])('%j is read', (values, expected) => {
  expect(parseControls(values)).toEqual(expected);
});

test.each([
  [['canyn=x'], /type must be one of tile, canny.* Did you mean canny\?/],
  [['none', 'tile'], /type must be one of/],
  [['tile='], /no folder/],
  [['tile:3'], /from 0 to 2/],
  [['tile,scale=-1'], /from 0 to 2/],
  [['tile:1,scale=1'], /scale is given twice/],
  [['tile,images='], /nothing behind images=/],
  [['tile,steps=0.5-0.5'], /two fractions of the run/],
  [['tile,steps=0-1.5'], /two fractions of the run/],
  [['tile,steps=half'], /two fractions of the run/],
  [['depth=nets/depth'], /give its pictures with images=FOLDER \(or a video\); only those of tile and canny are made without/],
  [['hed'], /or the network that makes them with annotator=ControlNetHED.pth/],
  [['depth,annotator=x.pth'], /an annotator makes the pictures of hed and softedge/],
  [['hed,annotator=x.pth,images=y'], /an annotator makes/],
  [[''], /type must be one of/],
])('%j is refused', (values, message) => {
  expect(() => parseControls(values)).toThrow(message);
});
