package files

import "sync"

// mostEntries bounds the cache, and with it what it holds: 16 KiB of content
// or two descriptors for each variant of a file.
const mostEntries = 512

// cache holds the entries of names that were asked for.
type cache struct {
	mu      sync.RWMutex
	entries map[string]*entry
}

func (c *cache) get(name []byte) *entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.entries[string(name)]
}

// put adds an entry. Where the cache is full another one goes, which one is
// left to chance: a busy file is soon back.
func (c *cache) put(name string, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.entries[name]; old != nil {
		old.close()
	} else if len(c.entries) >= mostEntries {
		for other, old := range c.entries {
			delete(c.entries, other)
			old.close()
			break
		}
	}
	c.entries[name] = e
}

// drop removes an entry that no longer holds.
func (c *cache) drop(name string, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[name] == e {
		delete(c.entries, name)
		e.close()
	}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		e.close()
	}
	clear(c.entries)
}

func (e *entry) close() {
	for _, v := range e.variants {
		v.close()
	}
}
