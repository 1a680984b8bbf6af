// Lost inquiries by agent, with the latest ones to unfold.
const counted = ['rows', 'slow', 'unreplied', 'later'];
const unfolded = new Set();

function showLosses(shop, period) {
  const byAgent = new Map();
  for (const entry of shop.losses) {
    if (entry.dt < period.from || entry.dt > period.to) continue;
    const sums = byAgent.get(entry.agent) ?? { lost: 0, ordered_unpaid: 0, slow: 0, unreplied: 0, later: 0 };
    sums[entry.status] = (sums[entry.status] ?? 0) + entry.rows;
    for (const key of counted.slice(1)) sums[key] += entry[key];
    byAgent.set(entry.agent, sums);
  }
  if (byAgent.size === 0) {
    fill('losses-table', el('p', { class: 'empty' }, word('none')));
    return;
  }
  fill('losses-table', lossTable(shop, period, byAgent));
}

function lossTable(shop, period, byAgent) {
  const columns = ['lost', 'ordered_unpaid', 'slow', 'unreplied', 'later'];
  const agents = [...byAgent].sort(([, a], [, b]) => b.lost + b.ordered_unpaid - a.lost - a.ordered_unpaid);
  const names = new Map(shop.agents.map((agent) => [agent.id, agent.name]));
  const rows = agents.flatMap(([agent, sums], i) => lossRows(shop, period, { agent, sums, i, name: names.get(agent) ?? agent, columns }));
  const all = columns.map((key) => agents.reduce((n, [, sums]) => n + sums[key], 0));
  return el('table', {},
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, word('agent')), columns.map((key) => el('th', { scope: 'col' }, word(key))))),
    el('tbody', {}, rows),
    el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, word('wholeShop')), all.map((n) => el('td', {}, show(n, 'count'))))));
}

function lossRows(shop, period, { agent, sums, i, name, columns }) {
  const id = `loss-${i}`;
  const open = unfolded.has(agent);
  const detail = el('tr', { id, class: 'detail', hidden: !open });
  const unfold = () => {
    if (!detail.hasChildNodes()) detail.append(el('td', { colspan: columns.length + 1 }, latestTable(shop, period, agent)));
  };
  if (open) unfold();
  const onclick = () => {
    unfold();
    detail.hidden = !detail.hidden;
    button.setAttribute('aria-expanded', String(!detail.hidden));
    if (detail.hidden) unfolded.delete(agent);
    else unfolded.add(agent);
  };
  const button = el('button', { type: 'button', class: 'unfold', 'aria-expanded': String(open), 'aria-controls': id, onclick }, name);
  return [el('tr', {}, el('th', { scope: 'row' }, button), columns.map((key) => el('td', {}, show(sums[key], 'count')))), detail];
}

function latestTable(shop, period, agent) {
  const latest = shop.latest.filter((row) => row.agent === agent && row.dt >= period.from && row.dt <= period.to);
  if (latest.length === 0) return el('p', { class: 'empty' }, word('none'));
  const who = { buyer: word('buyerSaid'), agent: word('agentSaid') };
  const rows = latest.map((row) => el('tr', {},
    el('td', {}, row.dt), el('td', { class: 'text' }, word(row.status)), el('td', { class: 'text' }, row.buyer || missing),
    el('td', { class: 'text' }, who[row.last] ?? (row.last || missing)), el('td', { class: 'text' }, row.topic || missing), el('td', { class: 'text' }, row.product || missing),
    el('td', {}, show(row.first, 'seconds')),
    el('td', { class: 'text' }, [row.slow ? 'slow' : null, row.unreplied ? 'unreplied' : null].filter(Boolean).map((key) => el('span', { class: 'tag calm' }, word(key)))),
    el('td', { class: 'text' }, row.later || missing), el('td', { class: 'text' }, row.reason || missing)));
  const heads = ['day', 'status', 'buyer', 'lastWord', 'topic', 'product', 'firstResponse', '', 'later', 'reason'];
  return el('table', {}, el('caption', {}, word('latest')),
    el('thead', {}, el('tr', {}, heads.map((key) => (key ? el('th', { scope: 'col', class: key === 'firstResponse' ? null : 'text' }, word(key)) : el('td', {}))))),
    el('tbody', {}, rows));
}
