// The head of the report: what it covers, how far to trust it, the main figures.
const shownCards = [
  'inquiry_to_pay_rate', 'sales_amount', 'amount_per_buyer', 'received_buyers', 'inquiry_buyers', 'first_response_avg_s',
  'response_avg_s', 'reply_rate', 'reply_within_rate', 'good_rate', 'refund_rate', 'lost_rate',
];

// definition of a figure as the warehouse's catalogue states it.
function definition(key) {
  const metric = data.metrics[key];
  return metric ? `${language === 'zh' ? metric.zh : metric.en}: ${metric.formula}` : null;
}

// datasetName is what the reader calls a dataset.
const chineseDatasets = new Map([
  ['chat_messages', '聊天消息'], ['orders', '订单'], ['order_items', '订单商品'], ['refunds', '退款'], ['complaints', '投诉'], ['evaluations', '服务评价'],
  ['order_ratings', '店铺评分'], ['agent_presence', '在线记录'], ['agents', '客服资料'], ['products', '商品'], ['buyer_flags', '买家标记'],
  ['cases', '售后工单'], ['loss_reasons', '流失原因'], ['agent_events', '客服事件'],
]);
const datasetName = (name) => (language === 'zh' ? chineseDatasets.get(name) : null) ?? name.replaceAll('_', ' ');

function showHead(shop, period) {
  byId('shop-line').textContent = [shop.name, shop.platform].join(' · ');
  const published = data.publication ? word('published')(instant(data.publication.loaded_at, shop.timezone)) : null;
  byId('period-line').textContent = [
    word('range')(period.from, period.to, days(period.from, period.to).length),
    shop.horizon ? word('horizon')(shop.horizon) : word('lastDay')(shop.days.dt.at(-1)), published,
  ].filter(Boolean).join(' · ');
  byId('made-line').textContent = word('made')(instant(data.generated_at, shop.timezone), data.publication?.id);
}

function showNotices(shop, period) {
  const notices = [];
  const open = openDays(shop, period);
  if (open.length) notices.push(word('openDays')(open.length, open[0]));
  const unlinked = figure(shop.days, 'unlinked_share', period);
  if (unlinked) notices.push(word('unlinked')(show(unlinked, 'ratio')));
  const concerns = (r) => (!r.platform || r.platform === shop.platform) && (!r.shop || r.shop === shop.id);
  const ours = (data.rejected ?? []).filter(concerns);
  if (ours.length) {
    notices.push(word('rejected')(show(ours.reduce((n, r) => n + r.rows, 0), 'count'), ours.map((r) => `${datasetName(r.dataset)} ${show(r.rows, 'count')}`).join(word('comma'))));
  }
  const failed = (data.failed ?? []).filter(concerns);
  if (failed.length) notices.push(word('failed')(failed.length, failed.map((f) => f.name).join(word('comma'))));
  fill('notices', notices.length ? el('div', { class: 'notice' }, el('ul', {}, notices.map((text) => el('li', {}, text)))) : []);
}

function showCards(shop, period, length) {
  const earlier = before(shop, period, length);
  fill('cards', shownCards.map((key) => {
    const value = figure(shop.days, key, period);
    const text = show(value, figures[key].unit);
    return el('li', { class: 'card', title: definition(key) },
      el('span', { class: 'name' }, label(key)), el('span', { class: 'value' }, text),
      el('span', { class: 'delta' }, earlier ? delta(key, value, figure(shop.days, key, earlier), length) : ''));
  }));
}

// delta says in words, sign and colour how a figure moved.
function delta(key, value, base, length) {
  if (value === null || base === null || (figures[key].unit !== 'ratio' && !base)) return missing;
  const { unit, better = 0 } = figures[key];
  const change = unit === 'ratio' ? (value - base) * 100 : (value / base - 1) * 100;
  const shown = plain(Math.abs(change), 1);
  const none = Number(shown) === 0;
  const side = none || !better ? '' : Math.sign(change) === better ? 'good' : 'bad';
  const sign = none ? '±' : change > 0 ? '▲ ' : '▼ ';
  return el('span', {}, `${word('versus')(length)} `, el('span', { class: side }, `${sign}${shown}${unit === 'ratio' ? ' ' + word('points') : '%'}`));
}

function showDefinitions() {
  const keys = [...new Set([...shownCards, ...conversions, ...refundRates, 'refund_duration_avg_h'])].filter((key) => data.metrics[key]);
  fill('definitions', keys.flatMap((key) => [
    el('dt', {}, language === 'zh' ? data.metrics[key].zh : data.metrics[key].en), el('dd', { lang: 'en' }, data.metrics[key].formula),
  ]));
}
