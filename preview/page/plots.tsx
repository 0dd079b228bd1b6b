// Measures of the result over its frames.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { MeasuresInfo } from '../api.ts';
import { dark } from './theme.ts';

type Panel = MeasuresInfo['panels'][number];

const HEIGHT = 170; // pixels

/** A colour of the style sheet. */
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const optionsOf = ({ source }: Panel, width: number): uPlot.Options => {
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
  return {
    width,
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 56 }],
    series: [
      { label: 'frame' },
      { label: 'result', stroke: colour('--accent'), width: 2, points: { show: false } },
      ...(source ? [{ label: 'source', stroke: colour('--soft'), width: 1, dash: [4, 4], points: { show: false } }] : []),
    ],
  };
};

const Plot = ({ panel, frames }: { readonly panel: Panel; readonly frames: readonly number[] }) => {
  const place = useRef<HTMLDivElement>(null);
  const theme = dark.value;
  useEffect(() => {
    const box = place.current!;
    const data = [[...frames], [...panel.result], ...(panel.source ? [[...panel.source]] : [])] as uPlot.AlignedData;
    const plot = new uPlot(optionsOf(panel, box.clientWidth), data, box);
    const resized = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
    resized.observe(box);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [panel, theme]);
  return (
    <figure class="plot">
      <figcaption>
        {panel.title} {panel.unit && <small>{panel.unit}</small>}
      </figcaption>
      <div ref={place} />
    </figure>
  );
};

export const Plots = ({ measures }: { readonly measures: MeasuresInfo }) => (
  <div class="plots">
    {measures.panels.map(panel => (
      <Plot key={panel.title} panel={panel} frames={measures.frames} />
    ))}
  </div>
);
