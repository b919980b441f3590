// The certificates and how long they live.

import {every, get} from './api.js';
import {el, replace} from './dom.js';
import {day, span} from './format.js';

export function certs(node, {signal, failed}) {
  const list = el('div', {class: 'certs'}, el('p', {class: 'empty'}, 'Asking the node …'));
  node.append(el('div', {class: 'head'}, el('h1', {}, 'Certificates')), list);
  every(10000, signal, async () => {
    const all = await get('certs', signal);
    replace(list, all.length ? all.map(card) : [el('p', {class: 'empty'}, 'This config serves nothing over TLS.')]);
  }, failed);
}

function card(cert) {
  const from = new Date(cert.not_before), to = new Date(cert.not_after), now = Date.now();
  const left = (to - now) / 1000, whole = (to - from) / 1000;
  const kind = left <= 0 || cert.error ? 'bad' : left < Math.min(14 * 86400, whole / 4) ? 'warn' : 'good';
  const words = left <= 0 ? `ended ${span(-left)} ago` : from > now ? `begins in ${span((from - now) / 1000)}` : `${span(left)} left`;
  const bar = el('div', {class: 'life ' + kind}, el('i'));
  bar.firstChild.style.width = Math.max(0, Math.min(100, left / whole * 100)) + '%';
  return el('section', {class: 'card cert'},
    el('h2', {}, cert.name, el('span', {class: 'pill ' + kind}, words)),
    el('p', {class: 'names'}, cert.names.map(name => el('code', {}, name))),
    bar,
    el('p', {class: 'dates'}, el('time', {}, day(from)), el('time', {}, day(to))),
    cert.error ? el('p', {class: 'notice bad'}, cert.error) : null,
    el('dl', {class: 'facts'},
      el('dt', {}, 'Source'), el('dd', {}, cert.source),
      el('dt', {}, 'Issuer'), el('dd', {}, cert.issuer),
      el('dt', {}, 'Key'), el('dd', {}, cert.key),
      el('dt', {}, 'SHA-256'), el('dd', {class: 'mono'}, cert.fingerprint.replace(/.{8}/g, '$& '))));
}
