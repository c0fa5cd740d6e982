package datasets

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/pkg/errors"
)

// errStalled is the cause of a request that was given up because nothing came.
var errStalled = errors.New("server sends nothing")

// receive asks address for the bytes from offset on and appends them to the part. It
// returns nil when the part has the size of the whole file. Bytes received before an
// error stay; an answer that shows the part to be of no use deletes it.
func (d *download) receive(ctx context.Context, address string, offset int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(d.stall, func() { cancel(errors.WithMessagef(errStalled, "waited %v", d.stall)) })
	defer watch.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.Wrap(err, "request")
	}
	request.Header.Set("Accept-Encoding", "identity") // a transport that unpacks would change size and MD5
	request.Header.Set("User-Agent", "prospect")
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	answer, err := d.client.Do(request)
	if err != nil {
		return errors.Wrap(because(ctx, err), "request")
	}
	defer answer.Body.Close()
	if offset, err = d.accept(answer, offset); err != nil {
		return err
	}
	err = d.store(ctx, answer.Body, offset, watch)
	if errors.Is(err, errForeign) {
		return d.discard(err)
	}
	return err
}

// accept judges an answer by its header and returns where in the file its body begins.
func (d *download) accept(answer *http.Response, offset int64) (int64, error) {
	switch answer.StatusCode {
	case http.StatusOK: // also a server that ignores Range
		offset = 0
	case http.StatusPartialContent:
		first, total, ok := contentRange(answer.Header.Get("Content-Range"))
		if !ok || offset == 0 || first != offset || (total >= 0 && total != d.file.size) {
			return 0, d.discard(errors.Errorf("range, got %q, want bytes %d-%d/%d: the file has changed there",
				answer.Header.Get("Content-Range"), offset, d.file.size-1, d.file.size))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return 0, d.discard(errors.Errorf("status, got %q, want bytes from %d on", answer.Status, offset))
	default:
		return 0, errors.Errorf("status, got %q, want 200 or 206", answer.Status)
	}
	if kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); kind == "text/html" || kind == "application/xhtml+xml" {
		return 0, errors.Errorf("content type, got %s, want data: a web page came instead of the file; is there a log-in page in the way?", kind)
	}
	if n := answer.ContentLength; n >= 0 && n != d.file.size-offset {
		return 0, errors.Errorf("length, got %d bytes, want %d: the address gives another file", offset+n, d.file.size)
	}
	return offset, nil
}

// discard deletes the part and returns cause.
func (d *download) discard(cause error) error {
	if err := os.Remove(d.part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return local(err, "part of no use")
	}
	return cause
}

// store appends body to the part at offset and flushes it to disk.
func (d *download) store(ctx context.Context, body io.Reader, offset int64, watch *time.Timer) (err error) {
	file, err := os.OpenFile(d.part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return local(err, "part")
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = local(closeErr, "part")
		}
	}()
	if err := file.Truncate(offset); err != nil {
		return local(err, "part")
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return local(err, "part")
	}
	d.progress(offset)
	done, received := d.pump(file, body, offset, watch)
	if err := file.Sync(); err != nil {
		return local(err, "part")
	}
	switch {
	case errors.As(received, new(localError)) || errors.Is(received, errForeign):
		return received
	case done == d.file.size:
		return nil
	case received == io.EOF:
		received = io.ErrUnexpectedEOF
	}
	return errors.Wrapf(because(ctx, received), "cut off, got %d bytes, want %d", done, d.file.size)
}

// errForeign marks a body that cannot be the file.
var errForeign = errors.New("the address gives another file")

// pump copies body to the part, which is done bytes long, until it ends or turns out not
// to be the file. It returns the new length and why it stopped.
func (d *download) pump(part io.Writer, body io.Reader, done int64, watch *time.Timer) (int64, error) {
	buffer := make([]byte, 1<<16)
	for {
		// Asking for one byte more than is wanted shows a body that is too long.
		n, received := body.Read(buffer[:min(int64(len(buffer)), d.file.size+1-done)])
		if n > 0 {
			watch.Reset(d.stall)
			if done == 0 && buffer[0] == '<' {
				return done, errors.WithMessage(errForeign, "content, got a web page, want data; is there a log-in page in the way?")
			}
			if _, err := part.Write(buffer[:n]); err != nil {
				return done, local(err, "part")
			}
			if done += int64(n); done > d.file.size {
				return done, errors.WithMessagef(errForeign, "length, got more than %d bytes, want no more", d.file.size)
			}
			if done < d.file.size {
				d.progress(done)
			}
		}
		if received != nil {
			return done, received
		}
	}
}

// because prefers the reason a context was cancelled for to what the transport makes of
// it.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// contentRange reads "bytes FIRST-LAST/TOTAL"; total is -1 for "*".
func contentRange(header string) (first, total int64, ok bool) {
	var last int64
	if n, _ := fmt.Sscanf(header, "bytes %d-%d/%d", &first, &last, &total); n == 3 {
		return first, total, first >= 0 && last >= first && last < total
	}
	n, _ := fmt.Sscanf(header, "bytes %d-%d/*", &first, &last)
	return first, -1, n == 2 && first >= 0 && last >= first
}

// matches tells whether a file is there with the right size and MD5.
func matches(path string, want remoteFile) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, local(err, "check")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, local(err, "check")
	}
	if !info.Mode().IsRegular() {
		return false, localError{errors.Errorf("check: %s, got a %v, want a file", path, info.Mode().Type())}
	}
	if info.Size() != want.size {
		return false, nil
	}
	sum := md5.New()
	if _, err := io.Copy(sum, file); err != nil {
		return false, local(err, "check")
	}
	return hex.EncodeToString(sum.Sum(nil)) == want.md5, nil
}
