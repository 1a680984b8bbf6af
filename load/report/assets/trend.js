// Day trend: three conversions, with the response times as reference lines.
const conversions = ['inquiry_to_order_rate', 'inquiry_to_pay_next_day_rate', 'inquiry_to_pay_rate'];
const responses = ['first_response_avg_s', 'response_avg_s'];

// trendName: next to the other two conversions the third is not just "conversion".
const trendName = (key) => word(key);

function showTrend(shop, period) {
  const dates = days(period.from, period.to);
  const open = new Set(openDays(shop, period));
  const lines = [...conversions, ...responses].map((key) => ({ key, values: dates.map((dt) => onDay(shop.days, key, dt)) }));
  drawTrend(dates, open, lines);
  fill('trend-table', trendTable(dates, open, lines));
}

// headroom keeps the reference lines in the lower half, below the conversions.
const headroom = ({ max }) => {
  const step = 2 * 10 ** Math.floor(Math.log10(Math.max(max, 1)));
  return Math.ceil((max * 1.9) / step) * step;
};

function drawTrend(dates, open, lines) {
  const colours = palette();
  const firstOpen = dates.find((dt) => open.has(dt));
  const provisional = firstOpen && {
    silent: true, itemStyle: { color: colours.area, opacity: 0.1 }, label: { color: colours.muted, formatter: word('provisional'), position: 'insideTopRight' },
    data: [[{ xAxis: firstOpen }, { xAxis: dates.at(-1) }]],
  };
  const dots = dates.length <= 31;
  const series = lines.map(({ key, values }, i) => {
    const reference = i >= conversions.length;
    const colour = reference ? colours.references[i - conversions.length] : colours.lines[i];
    return {
      name: trendName(key), type: 'line', data: values, yAxisIndex: reference ? 1 : 0, showSymbol: dots && !reference, symbol: 'circle', symbolSize: 5,
      connectNulls: false, itemStyle: { color: colour }, lineStyle: { color: colour, width: reference ? 1.4 : 2.2, type: reference ? 'dashed' : 'solid' },
      markArea: i === 0 && provisional ? provisional : undefined, z: reference ? 1 : 3,
    };
  });
  const narrow = byId('trend-chart').clientWidth < 560;
  draw('trend-chart', word('chartOf')(word('trend'), dates.length), {
    legend: legend(colours), grid: { left: 8, right: 8, top: narrow ? 116 : 62, bottom: 8, containLabel: true },
    xAxis: dayAxis(colours, dates),
    yAxis: [
      valueAxis(colours, word('share'), (v) => Math.round(v * 100) + '%', { min: 0 }),
      valueAxis(colours, word('response'), (v) => plain(v, 0), { min: 0, max: headroom, position: 'right', splitLine: { show: false } }),
    ],
    tooltip: tooltip(colours, (items) => [
      `<b>${escaped(items[0].axisValue)}</b>${open.has(items[0].axisValue) ? ' · ' + word('provisional') : ''}`,
      ...items.map((item) => `${item.marker}${escaped(item.seriesName)} <b>${show(item.value, item.seriesIndex < conversions.length ? 'ratio' : 'seconds')}</b>`),
    ].join('<br>')),
    series,
  });
}

function trendTable(dates, open, lines) {
  const head = el('tr', {}, el('th', { scope: 'col' }, word('day')), lines.map(({ key }) => el('th', { scope: 'col' }, trendName(key))));
  const rows = dates.map((dt, i) => el('tr', {},
    el('th', { scope: 'row' }, dt, open.has(dt) ? el('span', { class: 'tag' }, word('provisional')) : null),
    lines.map(({ key, values }) => el('td', {}, show(values[i], figures[key].unit)))));
  return el('table', {}, el('thead', {}, head), el('tbody', {}, rows.reverse()));
}
