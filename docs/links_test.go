package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Links and pictures of the pages lead to files that are there.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("guide/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(append(pages, more...), "../README.md", "../CONTRIBUTING.md")
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			to, _, _ := strings.Cut(match[1], "#")
			if to == "" || strings.Contains(to, "://") {
				continue
			}
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(to))); err != nil {
				t.Errorf("%s: link to %s, want a file that is there", page, to)
			}
		}
	}
	if found == 0 {
		t.Error("found no links: the test looks in the wrong place")
	}
}

// The first page is short.
func TestReadmeLength(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n > 130 {
		t.Errorf("README.md: got %d lines, want at most 130; move what is long into the guide", n)
	}
}
