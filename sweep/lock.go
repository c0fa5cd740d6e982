package sweep

import (
	stderrors "errors"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
)

// ErrLocked says that another process, or this one, has the store open.
var ErrLocked = errors.New("another process writes to it; wait for it or choose another file")

// lock takes the file at path for the caller alone until unlock is called or the
// process ends, however it ends. The lock is on a hidden file beside it, which
// stays: one that is removed can be locked twice, and a lock on the file itself
// keeps its owner from writing to it on Windows. On a file system without locks
// nothing is taken.
func lock(path string) (unlock func(), err error) {
	l := flock.New(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock"), flock.SetPermissions(0o666))
	taken, err := l.TryLock()
	switch {
	case errors.Is(err, stderrors.ErrUnsupported):
		return func() {}, nil
	case err != nil:
		return nil, errors.Wrapf(err, "sweep: store %s: lock; choose a folder that can be written", path)
	case !taken:
		return nil, errors.Wrapf(ErrLocked, "sweep: store %s", path)
	}
	return func() { _ = l.Unlock() }, nil
}
