// The running config, and a button to read the file again.

import {get, post} from './api.js';
import {el, icon, toast} from './dom.js';
import {ago} from './format.js';

export function config(node, {signal, failed}) {
  const text = el('pre', {class: 'yaml', tabindex: '0', 'aria-label': 'Running config'});
  const file = el('p', {class: 'sub'});
  const result = el('div');
  const reload = el('button', {class: 'primary', onclick: apply}, icon('reload'), 'Reload');
  let yaml = '';
  const copy = el('button', {onclick: () => navigator.clipboard.writeText(yaml).then(() => toast('Copied.'), error => toast(error.message, 'bad'))}, icon('copy'), 'Copy');
  node.append(el('div', {class: 'head'}, el('h1', {}, 'Config'), copy, reload), result, el('section', {class: 'card'}, file, text));

  async function load() {
    const [running, status] = await Promise.all([get('config', signal), get('status', signal)]);
    yaml = running.yaml;
    file.textContent = running.file ? `What runs, from ${running.file} with its defaults. Secrets are hidden.` : 'The built-in quickstart.';
    text.replaceChildren(...yaml.replace(/\n$/, '').split('\n').map(line => el('span', {class: 'ln'}, ...highlight(line), '\n')));
    if (status.reload) told(status.reload);
  }

  function told({at, changes, error}) {
    const when = ago(at);
    result.replaceChildren(error
      ? el('div', {class: 'notice bad'}, el('b', {}, `The file could not be applied ${when} ago; the config below goes on.`), el('pre', {}, error))
      : el('div', {class: 'notice good'}, el('b', {}, `Reloaded ${when} ago. `), changes?.length ? el('ul', {}, changes.map(change => el('li', {}, change))) : 'Nothing had changed.'));
  }

  async function apply() {
    reload.disabled = true;
    try {
      const done = await post('reload');
      await load();
      told(done);
    } catch (error) {
      told({at: new Date(), error: error.message});
    } finally {
      reload.disabled = false;
    }
  }

  load().catch(failed);
}

// highlight colours the key, the value and the comment of one line of YAML.
function highlight(line) {
  const parts = [];
  const match = /^(\s*(?:- )*)((?:"[^"]*"|[^\s#:"'{}[\],][^:#]*?)(?=:(?:\s|$)))?(.*)$/.exec(line);
  if (!match) return [line];
  const [, indent, key, rest] = match;
  parts.push(indent);
  if (key) parts.push(el('span', {class: 'key'}, key));
  const comment = /(^|\s)#.*$/.exec(rest);
  const value = comment ? rest.slice(0, comment.index) : rest;
  for (const piece of value.split(/("[^"]*"|(?<![\w./:-])(?:\d[\w.%]*|true|false|null|off)(?![\w./:-]))/)) {
    const kind = piece.startsWith('"') ? 'string' : /^(\d|true$|false$|null$|off$)/.test(piece) ? 'literal' : '';
    parts.push(kind ? el('span', {class: kind}, piece) : piece);
  }
  if (comment) parts.push(el('span', {class: 'comment'}, comment[0]));
  return parts;
}
