// Agents side by side: a sortable table, and bars of the column it is sorted by.
const compared = [
  'received_buyers', 'inquiry_buyers', 'inquiry_to_pay_rate', 'sales_amount', 'amount_per_buyer', 'first_response_avg_s',
  'response_avg_s', 'reply_rate', 'reply_within_rate', 'good_rate', 'refund_rate',
];
const mostBars = 20;
const sorting = { key: 'sales_amount', down: true };

function showAgents(shop, period) {
  const rows = shop.agents
    .map((agent) => ({ agent, values: Object.fromEntries(compared.map((key) => [key, figure(agent.days, key, period)])) }))
    .filter(({ values }) => compared.some((key) => values[key]));
  byId('agents-chart').hidden = byId('agents-chart-title').hidden = rows.length === 0;
  if (rows.length === 0) {
    fill('agents-table', el('p', { class: 'empty' }, word('none')));
    return;
  }
  sortAgents(rows);
  fill('agents-table', agentsTable(shop, period, rows));
  drawAgents(shop, period, rows);
}

// Figures that do not exist stand last, whichever way the rest is sorted.
function sortAgents(rows) {
  rows.sort((a, b) => {
    const [x, y] = [a.values[sorting.key], b.values[sorting.key]];
    if (sorting.key === 'name' || (x === null && y === null)) return byName(a, b) * (sorting.key === 'name' && sorting.down ? -1 : 1);
    if (x === null || y === null) return x === null ? 1 : -1;
    return (sorting.down ? y - x : x - y) || byName(a, b);
  });
}

const byName = (a, b) => a.agent.name.localeCompare(b.agent.name, 'zh-CN');

function sortHeader(key, text) {
  const order = sorting.key === key ? (sorting.down ? 'descending' : 'ascending') : null;
  const onclick = () => {
    sorting.down = sorting.key === key ? !sorting.down : key !== 'name' && figures[key].better !== -1;
    sorting.key = key;
    render();
    document.querySelector(`[data-sort="${key}"]`).focus();
  };
  return el('th', { scope: 'col', 'aria-sort': order, title: key === 'name' ? null : definition(key) }, el('button', { type: 'button', 'data-sort': key, onclick }, text));
}

function agentsTable(shop, period, rows) {
  const most = Object.fromEntries(compared.map((key) => [key, Math.max(...rows.map(({ values }) => values[key] ?? 0))]));
  const body = rows.map(({ agent, values }) => el('tr', {}, el('th', { scope: 'row', title: agent.id }, agent.name), compared.map((key) => {
    const share = values[key] && most[key] ? values[key] / most[key] : 0;
    return el('td', { class: share > 0 ? 'bar' : null, style: share > 0 ? `--share:${share.toFixed(3)}` : null }, show(values[key], figures[key].unit));
  })));
  const foot = el('tr', {}, el('th', { scope: 'row' }, word('wholeShop')), compared.map((key) => el('td', {}, show(figure(shop.days, key, period), figures[key].unit))));
  return el('table', {},
    el('thead', {}, el('tr', {}, sortHeader('name', word('agent')), compared.map((key) => sortHeader(key, label(key))))),
    el('tbody', {}, body), el('tfoot', {}, foot));
}

function drawAgents(shop, period, rows) {
  const colours = palette();
  const key = sorting.key === 'name' ? 'sales_amount' : sorting.key;
  const { unit, under } = figures[key];
  const shown = rows.slice(0, mostBars).reverse();
  const title = word('sorted')(label(key)) + (rows.length > mostBars ? word('top')(mostBars) : '');
  byId('agents-chart-title').textContent = title;
  const average = under ? figure(shop.days, key, period) : null;
  byId('agents-chart').style.height = `${shown.length * 28 + (average === null ? 14 : 34)}px`;
  draw('agents-chart', title, {
    grid: { left: 4, right: 76, top: average === null ? 8 : 26, bottom: 4, containLabel: true },
    xAxis: { type: 'value', show: false, min: 0 },
    yAxis: {
      type: 'category', data: shown.map(({ agent }) => agent.name), axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { color: colours.ink, width: 150, overflow: 'truncate', fontSize: 13 },
    },
    tooltip: { ...tooltip(colours, ([item]) => `${escaped(item.name)} <b>${show(item.value, unit)}</b>`), axisPointer: { type: 'none' } },
    series: [{
      type: 'bar', data: shown.map(({ values }) => values[key]), barMaxWidth: 16, itemStyle: { color: colours.bar, borderRadius: [0, 4, 4, 0] },
      label: { show: true, position: 'right', color: colours.ink, formatter: ({ value }) => show(value, unit) },
      markLine: average === null ? undefined : {
        silent: true, symbol: 'none', lineStyle: { color: colours.muted, type: 'dashed' }, data: [{ xAxis: average }],
        label: { color: colours.muted, formatter: `${word('average')} ${show(average, unit)}` },
      },
    }],
  });
}
