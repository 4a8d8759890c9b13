// The chart of one service, drawn by uPlot from what the server put into the page. Without uPlot there is the table.

const HEIGHT = 240;
const SERIES = [
  { key: "offered", label: "offered", colour: "--soft", width: 1.5 },
  { key: "admitted", label: "admitted", colour: "--answered", width: 1.5, fill: true },
  { key: "refused", label: "refused", colour: "--limited", width: 1.5 },
  { key: "failed", label: "failed", colour: "--failed", width: 1.5 },
  { key: "usual", label: "usual", colour: "--good", width: 1, dash: [6, 4], level: true },
  { key: "limit", label: "limit", colour: "--bad", width: 1, dash: [2, 4], level: true },
];

export function keepChart() {
  const place = document.getElementById("chart");
  if (!place || !window.uPlot) return () => {};
  let chart = null;

  function draw() {
    const text = document.getElementById("chart-data").dataset.chart;
    const data = JSON.parse(text);
    if (chart) chart.setData(arrange(data));
    else chart = new window.uPlot(describe(place.clientWidth), arrange(data), place);
    if (chart.cursor.left < 0) chart.setLegend({ idx: data.at.length - 1 });
  }

  function startAgain() {
    if (chart) chart.destroy();
    chart = null;
    draw();
  }

  draw();
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", startAgain);
  return draw;
}

function arrange(data) {
  // A limit far above everything would flatten the rest; it is drawn where it is within reach.
  const highest = Math.max(0, ...data.offered.filter((value) => value !== null));
  const shown = { ...data, limit: data.limit <= Math.max(highest * 3, 1) ? data.limit : null };
  return [data.at, ...SERIES.map((each) => (each.level ? data.at.map(() => shown[each.key]) : data[each.key]))];
}

function describe(width) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const tell = (value) => (value === null || value === undefined ? "–" : value < 10 ? value.toFixed(1) : value.toFixed(0));
  const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19);
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.08)] } },
    axes: [{ ...axis, space: 76, values: (_, times) => times.map(clock) }, { ...axis, size: 56 }],
    series: [
      { label: "UTC", value: (_, time) => (time === null || time === undefined ? "–" : clock(time)) },
      ...SERIES.map((each) => ({
        label: each.label,
        stroke: colour(each.colour),
        width: each.width,
        dash: each.dash,
        fill: each.fill ? colour(each.colour) + "26" : undefined,
        points: { show: false },
        value: (_, value) => tell(value),
      })),
    ],
  };
}
