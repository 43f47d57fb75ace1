import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Series {
  readonly name: string;
  readonly tone: 'good' | 'bad' | 'held' | 'info' | 'neutral';
  readonly values: readonly number[];
}

const HEIGHT_PX = 180;

/** Counts over time (epoch ms). The table of the same numbers stands beside it for whoever can't see it: give `children`. */
export function Chart({ times, series, label }: { readonly times: readonly number[]; readonly series: readonly Series[]; readonly label: string }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const style = getComputedStyle(element);
    const ink = style.getPropertyValue('--ink-quiet');
    const axis = { stroke: ink, grid: { stroke: style.getPropertyValue('--line') }, ticks: { show: false }, font: '11px system-ui' };
    const plot = new UPlot({
      width: element.clientWidth, height: HEIGHT_PX, cursor: { drag: { x: false, y: false } }, axes: [axis, { ...axis, size: 44 }],
      series: [{}, ...series.map(({ name, tone }) => ({ label: name, stroke: style.getPropertyValue(`--${tone}`), width: 1.5, points: { show: false } }))],
    }, [times.map((at) => at / 1000), ...series.map(({ values }) => [...values])], element);
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [times, series]);
  return <div ref={box} className="chart" role="img" aria-label={label} />;
}
