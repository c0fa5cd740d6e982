package datasets

import (
	"context"
	stderrors "errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// FetchSettings says where to and how [Fetch] downloads. The zero value downloads into
// the user's data directory, silently.
type FetchSettings struct {
	// Dir is the data directory; files go to DIR/NAME/FILE, those of cifar-100-coarse to
	// DIR/cifar-100 and those of all splits of EMNIST to DIR/emnist. Empty means what the
	// function [Dir] gives.
	Dir string
	// Client makes the requests. Nil means one with the default transport and no limit on
	// the whole time.
	Client *http.Client
	// Progress, when not nil, is called with a file's name and the bytes there so far, of
	// total, at least at its start and end and at most some ten times a second. Done
	// falls when a transfer must start again.
	Progress func(file string, done, total int64)
	// Mirrors replaces the official addresses by these folders, tried in order: FILE is
	// asked for as MIRROR/FILE. Empty means the official ones.
	Mirrors []string
	// Stall is how long a server may send nothing before the next is tried. Zero means
	// one minute.
	Stall time.Duration
}

// Fetch downloads the official files of a dataset and returns their paths. Glyphs has
// none.
//
// A file that is there and has the right MD5 is left alone. Otherwise it is received into
// FILE.part, resuming what an earlier call has left there, compared with the official
// size and MD5, flushed to disk and renamed, so that FILE is never half a file. When a
// server fails, the next one continues; when all fail, the error tells what each one did.
// After a transfer is cut off or ctx is cancelled, FILE.part stays for the next call; one
// with the wrong content is deleted. Two calls at the same time must not fetch the same
// file into the same directory.
func Fetch(ctx context.Context, name string, s FetchSettings) ([]string, error) {
	src, err := find(name)
	if err != nil {
		return nil, err
	}
	if len(src.files) == 0 {
		return nil, nil
	}
	if s.Stall < 0 {
		return nil, errors.Errorf("datasets: fetch: stall, got %v, want at least 0 (0 means a minute)", s.Stall)
	}
	dir, err := Dir(s.Dir)
	if err != nil {
		return nil, err
	}
	if len(s.Mirrors) > 0 {
		src.mirrors = s.Mirrors
	}
	folder := filepath.Join(dir, src.place())
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, errors.Wrap(err, "datasets: fetch: data directory: pass --data-dir or set "+dataEnv)
	}
	var paths []string
	for _, file := range src.files {
		d := newDownload(folder, file, s)
		if err := d.run(ctx, src.mirrors); err != nil {
			return paths, errors.WithMessagef(err, "datasets: fetch %s", name)
		}
		paths = append(paths, d.path)
	}
	return paths, nil
}

// download brings one file.
type download struct {
	file     remoteFile
	path     string // where it belongs
	part     string // where it grows
	client   *http.Client
	stall    time.Duration
	progress func(done int64)
}

func newDownload(folder string, file remoteFile, s FetchSettings) *download {
	d := &download{file: file, path: filepath.Join(folder, file.name), client: s.Client, stall: s.Stall}
	d.part = d.path + ".part"
	if d.client == nil {
		d.client = &http.Client{}
	}
	if d.stall == 0 {
		d.stall = time.Minute
	}
	var last time.Time
	d.progress = func(done int64) {
		now := time.Now()
		if s.Progress == nil || (done != 0 && done != file.size && now.Sub(last) < 100*time.Millisecond) {
			return
		}
		last = now
		s.Progress(file.name, done, file.size)
	}
	return d
}

// localError is a failure of the file system, which no other server can mend.
type localError struct{ error }

func (e localError) Unwrap() error { return e.error }

// local wraps a file system's error; nil stays nil.
func local(err error, what string) error {
	if err == nil {
		return nil
	}
	return localError{errors.Wrap(err, what)}
}

// run tries the mirrors in order.
func (d *download) run(ctx context.Context, mirrors []string) error {
	switch ok, err := matches(d.path, d.file); {
	case err != nil:
		return err
	case ok:
		d.progress(d.file.size)
		return nil
	}
	have, err := d.have()
	if err != nil {
		return err
	}
	if have == d.file.size { // left by a call that ended between the last byte and the rename, or corrupt and now deleted
		if err := d.finish(); err == nil || errors.As(err, new(localError)) {
			return err
		}
		have = 0
	}
	d.progress(have)
	var failures []error
	for _, mirror := range mirrors {
		address := strings.TrimSuffix(mirror, "/") + "/" + d.file.name
		err := d.persist(ctx, address)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return errors.Wrapf(ctx.Err(), "%s, stopped: run it again to go on from where it is", d.file.name)
		case errors.As(err, new(localError)):
			return errors.WithMessage(err, d.file.name)
		}
		failures = append(failures, errors.WithMessage(err, address))
	}
	return errors.WithMessagef(stderrors.Join(failures...), "%s, got it from none of %d addresses", d.file.name, len(mirrors))
}

// maxTries bounds the requests for one file at one address.
const maxTries = 20

// persist asks one address again for as long as each try brings bytes, and once more
// after a resumed file turned out wrong or the server refused to resume, because that may
// be the fault of the part that was there before.
func (d *download) persist(ctx context.Context, address string) error {
	fresh := false // whether a failure has already been answered by starting over
	for try := 1; ; try++ {
		before, err := d.have()
		if err != nil {
			return err
		}
		err = d.receive(ctx, address, before)
		if err == nil {
			if err = d.finish(); err == nil {
				return nil
			}
		}
		if ctx.Err() != nil || try == maxTries {
			return err
		}
		after, haveErr := d.have()
		if haveErr != nil {
			return haveErr
		}
		started := before > 0 && after == 0 // the old part is gone
		switch {
		case started && !fresh:
			fresh = true
		case after > before && after < d.file.size:
		default:
			return err
		}
	}
}

// have is the length of the part, 0 when there is none. One longer than the file is
// deleted.
func (d *download) have() (int64, error) {
	info, err := os.Stat(d.part)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, local(err, "part")
	case info.Size() > d.file.size:
		return 0, local(os.Remove(d.part), "part that is too long")
	}
	return info.Size(), nil
}

// finish checks the whole part and renames it; a part with the wrong content is deleted.
func (d *download) finish() error {
	ok, err := matches(d.part, d.file)
	if err != nil {
		return err
	}
	if !ok {
		if err := os.Remove(d.part); err != nil {
			return local(err, "corrupt part")
		}
		return errors.Errorf("content, got another MD5, want %s: it was damaged on the way or is another version", d.file.md5)
	}
	if err := os.Rename(d.part, d.path); err != nil {
		return local(err, "rename")
	}
	d.progress(d.file.size)
	return nil
}
