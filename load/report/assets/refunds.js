// Refunds and disputes over 28 days, as of each day.
const refundRates = ['refund_rate', 'dispute_rate', 'self_completed_rate'];

function showRefunds(shop, period) {
  byId('refunds').hidden = !shop.refunds;
  if (!shop.refunds) return;
  const dates = days(period.from, period.to);
  const at = new Map(shop.refunds.dt.map((dt, i) => [dt, i]));
  const values = (key) => dates.map((dt) => (at.has(dt) ? shop.refunds.columns[key][at.get(dt)] : null));
  drawRates(dates, values);
  drawDuration(dates, values);
  fill('refunds-table', refundsTable(dates, values));
}

function drawRates(dates, values) {
  const colours = palette();
  draw('refunds-rates', word('chartOf')(word('refunds'), dates.length), {
    legend: legend(colours), grid: { left: 8, right: 12, top: 52, bottom: 8, containLabel: true }, xAxis: dayAxis(colours, dates),
    yAxis: valueAxis(colours, '', (v) => plain(v * 100, 0) + '%', { min: 0 }),
    tooltip: tooltip(colours, (items) => [`<b>${items[0].axisValue}</b>`, ...items.map((item) => `${item.marker}${escaped(item.seriesName)} <b>${show(item.value, 'ratio')}</b>`)].join('<br>')),
    series: refundRates.map((key, i) => ({
      name: word(key), type: 'line', data: values(key), showSymbol: false, itemStyle: { color: colours.lines[[2, 1, 0][i]] }, lineStyle: { width: 2.2 },
    })),
  });
}

function drawDuration(dates, values) {
  const colours = palette();
  draw('refunds-duration', word('chartOf')(word('refund_duration_avg_h'), dates.length), {
    legend: legend(colours), grid: { left: 8, right: 12, top: 52, bottom: 8, containLabel: true }, xAxis: dayAxis(colours, dates),
    yAxis: valueAxis(colours, '', (v) => `${plain(v, 0)} ${word('unitHours')}`, { min: 0 }),
    tooltip: tooltip(colours, ([item]) => `<b>${item.axisValue}</b><br>${item.marker}${escaped(item.seriesName)} <b>${show(item.value, 'hours')}</b>`),
    series: [{ name: word('refund_duration_avg_h'), type: 'line', data: values('refund_duration_avg_h'), showSymbol: false, itemStyle: { color: colours.references[0] }, lineStyle: { width: 2.2 }, areaStyle: { opacity: 0.08 } }],
  });
}

function refundsTable(dates, values) {
  const columns = [...refundRates, 'refund_duration_avg_h'].map((key) => ({ name: word(key), unit: key.endsWith('_h') ? 'hours' : 'ratio', values: values(key) }));
  columns.push({ name: word('refunds_n'), unit: 'count', values: values('refunds') }, { name: word('deals'), unit: 'count', values: values('deals') });
  const rows = dates.map((dt, i) => el('tr', {}, el('th', { scope: 'row' }, dt), columns.map((c) => el('td', {}, show(c.values[i], c.unit)))));
  return el('table', {},
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, word('day')), columns.map((c) => el('th', { scope: 'col' }, c.name)))),
    el('tbody', {}, rows.reverse()));
}
