// What the reader chose, and drawing it.
const data = JSON.parse(byId('data').textContent);
language = data.language;

const chosen = { shop: 0, length: 28 };

function render() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = word(node.dataset.word);
  byId('language').textContent = word('other');
  byId('language').lang = language === 'zh' ? 'en' : 'zh-CN';
  const shop = data.shops[chosen.shop];
  if (!shop) {
    fill('notices', el('p', { class: 'notice' }, word('none')));
    for (const section of document.querySelectorAll('main > section')) section.hidden = true;
    return;
  }
  platform = shop.platform;
  const period = span(shop, chosen.length);
  showHead(shop, period);
  showNotices(shop, period);
  showCards(shop, period, chosen.length);
  showTrend(shop, period);
  showAgents(shop, period);
  showRefunds(shop, period);
  showLosses(shop, period);
  showDefinitions();
}

byId('shop').append(...data.shops.map((shop, i) => el('option', { value: i }, `${shop.name} · ${shop.platform}`)));
byId('shop-control').hidden = data.shops.length < 2;
byId('shop').addEventListener('change', (event) => {
  chosen.shop = Number(event.target.value);
  render();
});
for (const input of document.querySelectorAll('input[name="period"]')) {
  input.addEventListener('change', () => {
    chosen.length = Number(input.value);
    render();
  });
}
byId('language').addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh';
  render();
});
byId('controls').addEventListener('submit', (event) => event.preventDefault());

// Only another width needs other drawings; phones change the height while scrolling.
let waiting;
let width = innerWidth;
addEventListener('resize', () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(render, 150);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', render);
// Paper is always light.
printing.addEventListener('change', render);
render();
