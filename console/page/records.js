// The live tail of records, with filters.

import {get} from './api.js';
import {el, icon} from './dom.js';
import {bytes, clock, number, seconds} from './format.js';

const mostRows = 400;   // kept on the page
const mostASecond = 40; // asked of the node; nobody reads faster

export function records(node, {signal, failed, query}) {
  const filter = Object.fromEntries(['service', 'kind', 'outcome', 'status', 'contains', 'at_least'].map(key => [key, query.get(key) ?? '']));
  const rows = el('div', {class: 'rows', role: 'log', 'aria-label': 'Records'});
  const note = el('p', {class: 'sub', 'aria-live': 'off'}, '');
  const pause = el('button', {onclick: () => (source ? stop() : start())});
  let source = null, unseen = 0, shown = 0, timer;

  const control = (key, input) => {
    input.value = filter[key];
    input.addEventListener('input', () => {
      filter[key] = input.value.trim();
      clearTimeout(timer);
      timer = setTimeout(restart, 250);
    });
    return input;
  };
  const select = (key, name, options) => control(key, el('select', {'aria-label': name},
    el('option', {value: ''}, name), options.map(value => el('option', {value}, value))));
  const text = (key, placeholder, kind) => control(key, el('input', {type: 'search', placeholder, 'aria-label': placeholder, class: kind, autocomplete: 'off', spellcheck: 'false'}));
  const services = select('service', 'any service', filter.service ? [filter.service] : []);

  node.append(
    el('div', {class: 'head'}, el('h1', {}, 'Records'), pause),
    el('form', {class: 'filters', onsubmit: event => event.preventDefault()},
      text('contains', 'Contains: path, peer, error …', 'grow'),
      services,
      select('kind', 'any kind', ['request', 'connection', 'tunnel', 'session', 'event']),
      select('outcome', 'any outcome', ['ok', 'refused', 'error']),
      text('status', 'Status, as 404 or 5xx', 'short'),
      text('at_least', 'Slower than, as 1s', 'short')),
    el('section', {class: 'card tail'},
      el('div', {class: 'row titles', 'aria-hidden': 'true'}, ...['Time', 'Service', 'What', 'Outcome', 'Took', 'Sent', 'Peer'].map(name => el('span', {}, name))),
      rows, note));

  get('services', signal).then(list => {
    const known = [...services.options].map(option => option.value);
    services.append(...list.map(service => service.name).filter(name => !known.includes(name)).map(value => el('option', {value}, value)));
    services.value = filter.service;
  }).catch(failed);

  function tell(problem) {
    const hidden = unseen ? ` ${number(unseen)} more came too fast to be shown here; narrow the filter to see them.` : '';
    note.className = problem ? 'notice bad' : 'sub';
    note.textContent = problem || (shown ? `${source ? 'Following.' : 'Paused.'}${hidden}` : source ? 'Waiting for a record that matches.' : '');
  }

  function add(record) {
    rows.prepend(row(record));
    shown++;
    while (rows.childElementCount > mostRows) rows.lastElementChild.remove();
  }

  function start() {
    const q = new URLSearchParams({follow: '1', n: '100', most: String(mostASecond)});
    for (const [key, value] of Object.entries(filter)) if (value) q.set(key, value);
    rows.replaceChildren();
    unseen = shown = 0;
    source = new EventSource('api/records?' + q);
    source.addEventListener('record', event => { add(JSON.parse(event.data)); tell(); });
    for (const kind of ['skipped', 'lost']) source.addEventListener(kind, event => { unseen += Number(event.data); tell(); });
    source.addEventListener('open', () => { rows.replaceChildren(); unseen = shown = 0; tell(); });
    source.addEventListener('error', () => explain(q));
    pause.replaceChildren(icon('pause'), 'Pause');
    tell();
  }

  // explain asks once more, without following, since an EventSource does not say
  // why it failed.
  async function explain(q) {
    let wrong = false;
    try {
      q.delete('follow');
      await get('records?' + q, signal);
    } catch (error) {
      if (signal.aborted || source?.readyState === EventSource.OPEN) return;
      wrong = error.status === 400;
      tell(error instanceof TypeError ? 'The node does not answer. Trying again.' : error.message);
    }
    if (source?.readyState === EventSource.CLOSED && !wrong && !signal.aborted) timer = setTimeout(restart, 3000);
  }

  function stop() {
    source?.close();
    source = null;
    pause.replaceChildren(icon('play'), 'Follow');
    tell();
  }

  function restart() {
    stop();
    start();
  }

  signal.addEventListener('abort', () => { clearTimeout(timer); source?.close(); });
  start();
}

function row(record) {
  const details = el('div', {class: 'details', hidden: true});
  const line = el('button', {class: 'row', 'aria-expanded': 'false', onclick: () => {
    details.hidden = !details.hidden;
    line.setAttribute('aria-expanded', String(!details.hidden));
    if (!details.childElementCount) details.append(...all(record));
  }},
  el('time', {datetime: record.time}, clock(new Date(record.time), true)),
  el('span', {class: 'service'}, record.service ?? '–'),
  el('span', {class: 'what'}, what(record)),
  el('span', {class: 'outcome ' + tone(record)}, String(record.status ?? record.outcome)),
  el('span', {class: 'took'}, seconds(record.duration)),
  el('span', {class: 'sent'}, bytes(record.out)),
  el('span', {class: 'peer'}, record.peer ?? ''));
  return el('article', {}, line, details);
}

function what(record) {
  const trouble = record.refusal ?? record.error;
  return [
    el('b', {}, record.method ?? record.kind), ' ', record.path ?? record.target ?? '',
    trouble ? el('em', {class: tone(record)}, ' ' + trouble) : null,
  ];
}

function tone(record) {
  if (record.outcome === 'error') return 'bad';
  if (record.outcome === 'refused' || record.status >= 400) return 'warn';
  return 'good';
}

function all(record) {
  const written = {duration: seconds, first: seconds, in: bytes, out: bytes};
  return [el('dl', {class: 'facts'}, Object.entries(record).flatMap(([key, value]) =>
    [el('dt', {}, key.replace('_', ' ')), el('dd', {}, written[key] ? written[key](value) : String(value))]))];
}
