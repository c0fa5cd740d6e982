// Package recent caches the most recently used values.
package recent

import "slices"

// Capacity is the number of values that a [Cache] keeps: many times the number of batch
// sizes of a run and of its evaluations, whose last batches are smaller.
const Capacity = 16

// Cache keeps the values of the [Capacity] most recently used keys and drops the
// others. The zero value is an empty cache.
type Cache[K comparable, V any] struct {
	entries []entry[K, V] // the most recently used is last
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// Get returns the value of a key, if present, and makes it the most recently used.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	i := c.find(key)
	if i < 0 {
		return value, false
	}
	e := c.entries[i]
	c.entries = append(slices.Delete(c.entries, i, i+1), e)
	return e.value, true
}

// Put stores a value in place of the key's old one, as the most recently used.
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
