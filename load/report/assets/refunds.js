// Refunds and disputes over 28 days, as of each day.
const refundRates = ['refund_rate', 'dispute_rate', 'self_completed_rate'];

function showRefunds(shop, period) {
  byId('refunds').hidden = !shop.refunds;
  if (!shop.refunds) return;
  const dates = days(period.from, period.to);
  const at = new Map(shop.refunds.dt.map((dt, i) => [dt, i]));
  const values = (key) => dates.map((dt) => (at.has(dt) ? shop.refunds.columns[key][at.get(dt)] : null));
  drawRefunds('refunds-rates', dates, ['refund_rate', 'dispute_rate'], 'ratio', 2, { min: 0, minInterval: 0.01 }, values);
  drawRefunds('refunds-self', dates, ['self_completed_rate'], 'ratio', 0, { scale: true, max: 1, minInterval: 0.01 }, values);
  drawRefunds('refunds-duration', dates, ['refund_duration_avg_h'], 'hours', 1, { min: 0 }, values);
  fill('refunds-table', refundsTable(dates, values));
}

// drawRefunds draws lines of one unit. Where nothing is known it says so.
function drawRefunds(id, dates, keys, unit, colour, axis, values) {
  const name = keys.map(word).join(', ');
  const colours = palette();
  const lines = keys.map((key, i) => ({ key, data: values(key), colour: colours.lines[(colour + i) % 3] }));
  const known = lines.some(({ data }) => data.some((value) => value !== null));
  draw(id, word('chartOf')(name, dates.length), {
    title: known ? undefined : { text: word('none'), left: 'center', top: 'middle', textStyle: { color: colours.muted, fontWeight: 400, fontSize: 13 } },
    legend: keys.length > 1 ? legend(colours) : undefined, grid: { left: 4, right: 14, top: keys.length > 1 ? 38 : 16, bottom: 4, containLabel: true },
    xAxis: dayAxis(colours, dates), yAxis: valueAxis(colours, '', (value) => (unit === 'ratio' ? `${plain(value * 100, 0)}%` : plain(value, 0)), axis),
    tooltip: tooltip(colours, (items) => [
      `<b>${escaped(items[0].axisValue)}</b>`, ...items.map((item) => `${item.marker}${escaped(item.seriesName)} <b>${show(item.value, unit)}</b>`),
    ].join('<br>')),
    series: lines.map((line) => ({
      name: word(line.key), type: 'line', data: line.data, showSymbol: dates.length < 2, itemStyle: { color: line.colour }, lineStyle: { width: 2.2, color: line.colour },
    })),
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
