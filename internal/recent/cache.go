// Package recent keeps what was used last.
package recent

import "slices"

// Most is how many values a [Cache] keeps: enough for the batch sizes of a run and
// of its evaluations, whose last batches are smaller, many times over.
const Capacity = 16

// Cache keeps the values of the [Most] keys that were used last and drops the
// others. The zero value is an empty cache.
type Cache[K comparable, V any] struct {
	entries []entry[K, V] // the one that was used last stands last
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// Get returns the value of a key, if there is one, which is then the one that was
// used last.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	i := c.find(key)
	if i < 0 {
		return value, false
	}
	e := c.entries[i]
	c.entries = append(slices.Delete(c.entries, i, i+1), e)
	return e.value, true
}

// Put keeps a value in place of the key's old one, as the one that was used last.
func (c *Cache[K, V]) Put(key K, value V) {
	if i := c.find(key); i >= 0 {
		c.entries = slices.Delete(c.entries, i, i+1)
	} else if len(c.entries) == Capacity {
		c.entries = slices.Delete(c.entries, 0, 1)
	}
	c.entries = append(c.entries, entry[K, V]{key, value})
}

// Clear drops every value.
func (c *Cache[K, V]) Clear() { c.entries = nil }

// Len is the number of values.
func (c *Cache[K, V]) Len() int { return len(c.entries) }

func (c *Cache[K, V]) find(key K) int {
	return slices.IndexFunc(c.entries, func(e entry[K, V]) bool { return e.key == key })
}
