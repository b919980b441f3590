// The frame around the pages: which one is shown, the theme, and whether the
// node answers.

import {every, get} from './api.js';
import {el} from './dom.js';
import {certs} from './certs.js';
import {config} from './config.js';
import {overview} from './overview.js';
import {records} from './records.js';
import {upstreams} from './upstreams.js';

// Each page is a function that fills a node and works until its signal ends it.
const pages = {overview, upstreams, records, config, certs};

const main = document.getElementById('main');
let current;

function show() {
  const [name, query] = location.hash.slice(1).split('?');
  const page = pages[name] ?? overview;
  current?.abort();
  current = new AbortController();
  for (const link of document.querySelectorAll('nav a')) {
    const here = pages[link.hash.slice(1)] === page;
    link.toggleAttribute('aria-current', here);
    if (here) document.title = link.textContent + ' · Netwright';
  }
  const node = el('div', {class: 'page'});
  main.replaceChildren(node);
  scrollTo(0, 0);
  page(node, {signal: current.signal, failed, query: new URLSearchParams(query)});
}

// failed shows that the node does not answer, or what it answered.
function failed(error) {
  const state = document.getElementById('state');
  state.className = 'pill bad';
  state.textContent = error instanceof TypeError ? 'no answer' : error.message;
  state.title = error instanceof TypeError ? 'The node does not answer. Trying again.' : '';
}

every(2000, new AbortController().signal, async () => {
  const status = await get('status');
  const state = document.getElementById('state');
  const broken = status.services.filter(service => service.state === 'failed').length;
  state.className = 'pill ' + (status.state !== 'running' || broken ? 'warn' : 'good');
  state.textContent = broken ? `${broken} of ${status.services.length} services failed` : status.state;
  state.title = `${status.version}, process ${status.pid}`;
}, failed);

const themes = ['', 'light', 'dark'];

function theme(name) {
  document.documentElement.dataset.theme = name;
  localStorage.setItem('theme', name);
}

document.getElementById('theme').addEventListener('click', () => {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const now = document.documentElement.dataset.theme || (dark ? 'dark' : 'light');
  theme(now === 'dark' ? 'light' : 'dark');
});

theme(themes.includes(localStorage.getItem('theme')) ? localStorage.getItem('theme') : '');
addEventListener('hashchange', show);
show();
