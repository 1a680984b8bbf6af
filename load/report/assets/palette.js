// Colours come from the style sheet, so that charts follow light, dark and print.
function palette() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    ink: read('--ink'), muted: read('--muted'), line: read('--line'), surface: read('--surface'), bar: read('--c1'), area: read('--area'),
    lines: [read('--c1'), read('--c2'), read('--c3')], references: [read('--r1'), read('--r2')], font: read('--font'),
  };
}

const charts = new Map();
const sizes = new Map(); // on the screen
const printing = matchMedia('print');

// draw shows a chart in an element; it is drawn anew at every change.
function draw(id, name, option) {
  const node = byId(id);
  charts.get(id)?.dispose();
  const colours = palette();
  // On paper the drawing of the screen is scaled.
  if (!printing.matches) sizes.set(id, { width: node.clientWidth, height: node.clientHeight });
  const size = sizes.get(id) ?? { width: 700, height: 300 };
  const chart = echarts.init(node, null, { renderer: 'svg', ...size });
  chart.setOption({
    animation: false, textStyle: { fontFamily: colours.font, color: colours.ink },
    ...option,
  });
  node.setAttribute('aria-label', name);
  node.querySelector('svg').setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
  charts.set(id, chart);
}

function tooltip(colours, rows) {
  return {
    trigger: 'axis', confine: true, backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.ink, fontSize: 13 },
    axisPointer: { lineStyle: { color: colours.muted } }, formatter: rows,
  };
}

function valueAxis(colours, name, format, extra = {}) {
  return {
    type: 'value', name, nameTextStyle: { color: colours.muted, align: extra.position === 'right' ? 'right' : 'left' }, axisLabel: { color: colours.muted, formatter: format },
    splitLine: { lineStyle: { color: colours.line } }, axisLine: { show: false }, ...extra,
  };
}

function dayAxis(colours, dates) {
  return {
    type: 'category', data: dates, boundaryGap: false, axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted, formatter: (dt) => dt.slice(5), hideOverlap: true, alignMinLabel: 'left', alignMaxLabel: 'right' },
  };
}

function legend(colours) {
  return { top: 0, left: 0, itemWidth: 26, itemHeight: 8, itemGap: 16, textStyle: { color: colours.ink, fontSize: 13 } };
}
