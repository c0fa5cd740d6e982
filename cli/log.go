package cli

import (
	"context"
	"io"
	"log/slog"
	"strings"
)

// lineHandler writes a record as one plain line, "prospect: warning: ...".
type lineHandler struct {
	w       io.Writer
	program string
	attrs   []slog.Attr
}

// Enabled implements slog.Handler.
func (h *lineHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle implements slog.Handler.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(h.program + ": ")
	if r.Level != slog.LevelInfo {
		b.WriteString(strings.ToLower(strings.Replace(r.Level.String(), "WARN", "warning", 1)) + ": ")
	}
	b.WriteString(oneLine(r.Message))
	add := func(a slog.Attr) bool {
		b.WriteString(" " + a.Key + "=" + oneLine(a.Value.String()))
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	_, err := io.WriteString(h.w, b.String()+"\n")
	return err
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{w: h.w, program: h.program, attrs: append(append([]slog.Attr(nil), h.attrs...), attrs...)}
}

// WithGroup implements slog.Handler. Groups are not shown.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }
