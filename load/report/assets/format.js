// Numbers and elements.
const missing = '–';
const formats = new Map();

function plain(value, digits) {
  const key = language + digits;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  }
  return formats.get(key).format(value);
}

function seconds(value) {
  if (value < 100) return plain(value, value < 10 && !Number.isInteger(value) ? 1 : 0) + (language === 'zh' ? ' ' : ' ') + word('unitSeconds');
  const whole = Math.round(value);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts = h ? [h + word('unitHours'), m + word('unitMinutes')] : [m + word('unitMinutes'), s + word('unitSeconds')];
  return parts.join(language === 'zh' ? '' : ' ');
}

// show writes a value of a unit; a value that does not exist is a dash.
function show(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  switch (unit) {
    case 'ratio': return plain(value * 100, 1) + '%';
    case 'yuan': return '¥' + plain(value, Math.abs(value) >= 1000 ? 0 : 2);
    case 'seconds': return seconds(value);
    case 'hours': return plain(value, 1) + ' ' + word('unitHours');
    default: return plain(value, Number.isInteger(value) ? 0 : 1);
  }
}

// instant writes a moment in the shop's time zone.
function instant(iso, timezone) {
  const options = { dateStyle: 'medium', timeStyle: 'short' };
  try {
    return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { ...options, timeZone: timezone }).format(new Date(iso));
  } catch {
    return new Intl.DateTimeFormat('zh-CN', { ...options, timeZone: 'UTC' }).format(new Date(iso)) + ' UTC';
  }
}

// el makes an element; texts are always texts, never markup.
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') node.addEventListener('click', value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const byId = (id) => document.getElementById(id);

// fill replaces what an element holds.
const fill = (id, ...children) => byId(id).replaceChildren(...children.flat());

// escaped makes a text safe inside a chart's tooltip, which is markup.
const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
