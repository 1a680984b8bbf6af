// Figures: what the cards, tables and charts show, made of sums over days.
const figures = {
  received_buyers: { unit: 'count', over: ['received_buyers'] },
  inquiry_buyers: { unit: 'count', over: ['inquiry_buyers'] },
  inquiry_to_order_rate: { unit: 'ratio', better: 1, over: ['ordered_buyers_final'], under: ['inquiry_buyers'] },
  inquiry_to_pay_next_day_rate: { unit: 'ratio', better: 1, over: ['paid_buyers_next_day'], under: ['inquiry_buyers'] },
  inquiry_to_pay_rate: { unit: 'ratio', better: 1, over: ['paid_buyers_final'], under: ['inquiry_buyers'], label: 'conversion' },
  sales_amount: { unit: 'yuan', better: 1, over: ['sales_amount'] },
  amount_per_buyer: { unit: 'yuan', better: 1, over: ['sales_amount'], under: ['sales_buyers'] },
  first_response_avg_s: { unit: 'seconds', better: -1, over: ['first_response_sum_s'], under: ['first_response_turns'] },
  response_avg_s: { unit: 'seconds', better: -1, over: ['response_sum_s'], under: ['response_turns'] },
  reply_rate: { unit: 'ratio', better: 1, over: ['replied_buyers'], under: ['replied_buyers', 'unreplied_buyers'] },
  reply_within_rate: { unit: 'ratio', better: 1, over: ['reply_within_ok'], under: ['reply_within_units'] },
  good_rate: { unit: 'ratio', better: 1, over: ['good'], under: ['good', 'neutral', 'bad'] },
  refund_rate: { unit: 'ratio', better: -1, over: ['refunds'], under: ['deals'] },
  lost_rate: { unit: 'ratio', better: -1, over: ['lost_buyers'], under: ['inquiry_buyers'] },
  unlinked_share: { unit: 'ratio', better: -1, over: ['unlinked_amount'], under: ['valid_paid_amount'] },
};

// The platforms name some figures by their own limits.
let platform = '';
function label(key) {
  const own = `${key}_${platform}`;
  return own in words[language] ? word(own) : word(figures[key]?.label ?? key);
}

// days lists the dates from a to b.
function days(a, b) {
  const list = [];
  for (let t = Date.parse(a); t <= Date.parse(b); t += 86400000) list.push(new Date(t).toISOString().slice(0, 10));
  return list;
}

const shift = (dt, n) => new Date(Date.parse(dt) + n * 86400000).toISOString().slice(0, 10);

// span is the chosen period of a shop: its last days, or all of them.
function span(shop, length) {
  const last = shop.days.dt.at(-1);
  const first = shop.days.dt[0];
  const from = length ? shift(last, 1 - length) : first;
  return { from: from < first ? first : from, to: last };
}

// before is the period of the same length in front of one, if there is data
// for all of it.
function before(shop, period, length) {
  if (!length) return null;
  const earlier = { from: shift(period.to, 1 - 2 * length), to: shift(period.to, -length) };
  return earlier.from < shop.days.dt[0] ? null : earlier;
}

// total adds up columns over the days of a period: null when no day has any.
function total(series, columns, period) {
  let sum = null;
  for (let i = 0; i < series.dt.length; i++) {
    if (series.dt[i] < period.from || series.dt[i] > period.to) continue;
    for (const column of columns) {
      const value = series.columns[column]?.[i];
      if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
    }
  }
  return sum;
}

// figure is one figure of a period: a sum, or a sum over a sum.
function figure(series, key, period) {
  const { over, under } = figures[key];
  const upper = total(series, over, period);
  if (!under || upper === null) return upper;
  const lower = total(series, under, period);
  return lower ? upper / lower : null;
}

const onDay = (series, key, dt) => figure(series, key, { from: dt, to: dt });

// openDays are the days of a period whose inquiries may still change.
const openDays = (shop, period) => Object.keys(shop.open).filter((dt) => dt >= period.from && dt <= period.to).sort();
