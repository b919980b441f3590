// The pools and their targets, with buttons to drain one.

import {every, get, post} from './api.js';
import {el, replace, toast} from './dom.js';
import {ago, number, percent, seconds} from './format.js';

const words = {up: 'up', down: 'down', ejected: 'ejected', draining: 'draining', starting: 'warming up'};

export function upstreams(node, {signal, failed}) {
  const list = el('div', {class: 'pools'}, el('p', {class: 'empty'}, 'Asking the node …'));
  node.append(el('div', {class: 'head'}, el('h1', {}, 'Upstreams')), list);
  const busy = new Set();

  async function drain(pool, target) {
    const key = pool.name + ' ' + target.url;
    if (busy.has(key)) return;
    busy.add(key);
    try {
      draw(await post('drain', {pool: pool.name, target: target.url, drain: !target.draining}));
      toast(target.draining ? `${target.url} gets requests again.` : `${target.url} gets no new requests.`);
    } catch (error) {
      toast(error.message, 'bad');
    } finally {
      busy.delete(key);
    }
  }

  function draw(pools) {
    if (!pools.length) {
      replace(list, el('p', {class: 'empty'}, 'No service of this config passes anything on to upstreams.'));
      return;
    }
    replace(list, pools.map(pool => card(pool, drain)));
  }

  every(2000, signal, async () => draw(await get('pools', signal)), failed);
}

function card(pool, drain) {
  const up = pool.targets.filter(target => target.state === 'up' || target.state === 'starting').length;
  return el('section', {class: 'card pool'},
    el('h2', {}, pool.name, el('span', {class: 'pill ' + (up === pool.targets.length ? 'good' : up ? 'warn' : 'bad')}, `${up} of ${pool.targets.length} up`)),
    el('p', {class: 'sub'}, pool.balance, pool.queued ? `, ${number(pool.queued)} requests wait for a connection` : ''),
    el('ul', {class: 'targets'}, pool.targets.map(target => row(pool, target, drain))));
}

function row(pool, target, drain) {
  const figure = (name, value, kind) => el('span', {class: kind}, el('b', {}, value), ' ' + name);
  const since = ago(target.since);
  return el('li', {},
    el('div', {class: 'who'},
      el('code', {}, target.url),
      el('span', {class: 'state ' + target.state}, words[target.state] ?? target.state, since ? ` for ${since}` : ''),
      target.reason ? el('small', {}, target.reason) : null),
    el('div', {class: 'figures'},
      figure('on their way', number(target.active)),
      figure('idle', number(target.idle)),
      figure('requests', number(target.requests)),
      figure('failed', percent(target.requests ? target.failures / target.requests : 0), target.failures > target.requests / 100 ? 'bad' : ''),
      target.latency ? figure('to the first byte', seconds(target.latency)) : null,
      target.weight > 1 ? figure('weight', String(target.weight)) : null),
    el('button', {
      class: target.draining ? 'primary' : '',
      title: target.draining ? 'Send requests to it again' : 'Send no new requests to it; those on their way end as they will',
      onclick: () => drain(pool, target),
    }, target.draining ? 'Undrain' : 'Drain'));
}
