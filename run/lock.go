package run

import (
	stderrors "errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
)

// ownPrefix is that of files that make no directory a used one: its lock, and what
// [Writable] tries, which a killed process leaves behind.
const ownPrefix = ".prospect-"

// lockFile is the file in a directory that its lock is on. It stays there, but for
// a run that could not start: one that is removed can be locked twice.
const lockFile = ownPrefix + "lock"

// Lock takes dir, which exists and can be written, for the caller alone, until
// unlock is called or the process ends, however it ends. It is an error if
// another process has it. On a file system without locks nothing is taken.
func Lock(dir string) (unlock func(), err error) {
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o666))
	taken, err := lock.TryLock()
	for range lockTries { // who asks Locked has it for a moment
		if taken || err != nil {
			break
		}
		time.Sleep(lockPause)
		taken, err = lock.TryLock()
	}
	switch {
	case errors.Is(err, stderrors.ErrUnsupported):
		return func() {}, nil
	case err != nil:
		return nil, withSetting(err, "{out} %s: lock; choose another {out}", dir)
	case !taken:
		return nil, settingf("{out} %s: another prospect process is writing there; wait for it or choose another {out}", dir)
	}
	return func() { _ = lock.Unlock() }, nil
}

// lockTries is how often Lock tries again, after lockPause each time.
const (
	lockTries = 5
	lockPause = 10 * time.Millisecond
)

// Locked reports whether a process has dir, so that a run in it is going on. On a file
// system without locks there is no telling, which the error says: it is
// errors.ErrUnsupported.
func Locked(dir string) (bool, error) {
	path := filepath.Join(dir, lockFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	shared, err := lock.TryRLock()
	if err != nil {
		return false, errors.Wrapf(err, "run: lock of %s", dir)
	}
	if shared {
		_ = lock.Unlock()
	}
	return !shared, nil
}

// RemoveEmpty removes a directory that holds nothing but its lock, which the
// caller has.
func RemoveEmpty(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != lockFile {
		return
	}
	_ = os.Remove(filepath.Join(dir, lockFile))
	_ = os.Remove(dir) // fails, as it should, if something has come into it
}
