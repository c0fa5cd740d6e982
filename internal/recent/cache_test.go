package recent_test

import (
	"testing"

	"github.com/seed-be841da4/prospect/internal/recent"
)

// The keys that were used last are kept, whether they were got or put.
func TestCache(t *testing.T) {
	var c recent.Cache[int, string]
	if _, ok := c.Get(1); ok || c.Len() != 0 {
		t.Fatal("an empty cache holds something")
	}
	for k := range recent.Capacity {
		c.Put(k, "old")
	}
	c.Put(1, "new")
	if v, ok := c.Get(0); !ok || v != "old" {
		t.Fatalf("key 0: got %q, %t", v, ok)
	}
	c.Put(-1, "one more") // drops 2, which was used longest ago
	if c.Len() != recent.Capacity {
		t.Errorf("got %d values, want %d", c.Len(), recent.Capacity)
	}
	for k, want := range map[int]string{0: "old", 1: "new", 2: "", 3: "old", -1: "one more"} {
		if v, ok := c.Get(k); v != want || ok != (want != "") {
			t.Errorf("key %d: got %q, %t, want %q", k, v, ok, want)
		}
	}
	c.Clear()
	if _, ok := c.Get(0); ok || c.Len() != 0 {
		t.Error("a cleared cache holds something")
	}
}
