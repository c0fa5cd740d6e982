// Package site makes the folder of the page.
package site

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/atomicfile"
)

// program is what runs in the page.
const program = "github.com/seed-be841da4/prospect/examples/browser/wasm"

//go:embed page
var page embed.FS

// Build writes the page into a folder: what is embedded, the program compiled to
// WebAssembly and packed, and the support that Go has for it. It needs Go and the module,
// and takes about a minute the first time. The page asks no other host for anything.
func Build(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return errors.Wrap(err, "site")
	}
	files, err := fs.ReadDir(page, "page")
	if err != nil {
		return errors.Wrap(err, "site")
	}
	write := func(name string, text []byte) error {
		return atomicfile.WriteFile(filepath.Join(dir, name), text, 0o666)
	}
	for _, f := range files {
		text, err := page.ReadFile(path.Join("page", f.Name()))
		if err != nil {
			return errors.Wrap(err, "site")
		}
		if err := write(f.Name(), text); err != nil {
			return err
		}
	}
	root, err := output(exec.CommandContext(ctx, "go", "env", "GOROOT"))
	if err != nil {
		return err
	}
	support, err := os.ReadFile(filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return errors.Wrap(err, "site: support of WebAssembly")
	}
	if err := write("wasm_exec.js", support); err != nil {
		return err
	}
	packed, err := compile(ctx)
	if err != nil {
		return err
	}
	return write("main.wasm.gz", packed)
}

// compile returns the program, packed by gzip.
func compile(ctx context.Context) ([]byte, error) {
	temp, err := os.MkdirTemp("", "prospect-wasm-*")
	if err != nil {
		return nil, errors.Wrap(err, "site")
	}
	defer os.RemoveAll(temp)
	file := filepath.Join(temp, "main.wasm")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, program)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=-mod=readonly")
	if _, err := output(build); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, errors.Wrap(err, "site")
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, errors.Wrap(err, "site")
	}
	if _, err := w.Write(text); err != nil {
		return nil, errors.Wrap(err, "site")
	}
	if err := w.Close(); err != nil {
		return nil, errors.Wrap(err, "site")
	}
	return b.Bytes(), nil
}

// output runs a command and returns what it prints.
func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", errors.Errorf("site: %s: %v: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(string(exit.Stderr)))
	}
	return string(out), errors.Wrapf(err, "site: %s", strings.Join(cmd.Args, " "))
}
