package run

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pkg/errors"
)

// SettingError is an error that names settings: one of them has a value that cannot be
// used, or is the remedy. A program that calls its settings otherwise than their JSON
// names gets its text from [Text].
type SettingError struct {
	format string // with the settings in braces
	args   []any
}

// settingName is a setting in a format.
var settingName = regexp.MustCompile(`\{[a-z_]+\}`)

// settingf returns a SettingError. Settings stand in braces in the format, by their JSON
// names: "{lr}, got %v, want a positive finite number". The first error among the
// arguments is what Unwrap returns.
func settingf(format string, args ...any) error { return &SettingError{format, args} }

// withSetting puts a text with settings before an error; nil stays nil.
func withSetting(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return settingf(format+": %v", append(args, err)...)
}

// Setting returns the JSON name of the setting that is wrong.
func (e *SettingError) Setting() string {
	if name := settingName.FindString(e.format); name != "" {
		return strings.Trim(name, "{}")
	}
	var inner *SettingError
	if errors.As(e.Unwrap(), &inner) {
		return inner.Setting()
	}
	return ""
}

// Error returns the text with settings by their JSON names.
func (e *SettingError) Error() string { return e.text(func(setting string) string { return setting }) }

// Unwrap returns the error that this one tells more about, or nil.
func (e *SettingError) Unwrap() error {
	for _, a := range e.args {
		if err, ok := a.(error); ok {
			return err
		}
	}
	return nil
}

func (e *SettingError) text(name func(setting string) string) string {
	format := settingName.ReplaceAllStringFunc(e.format, func(s string) string {
		return strings.ReplaceAll(name(strings.Trim(s, "{}")), "%", "%%")
	})
	args := make([]any, len(e.args))
	for i, a := range e.args {
		args[i] = a
		if err, ok := a.(error); ok {
			args[i] = Text(err, name)
		}
	}
	return fmt.Sprintf(format, args...)
}

// Text returns the text of an error in which every setting is called as name calls it,
// for example by its flag.
func Text(err error, name func(setting string) string) string {
	var e *SettingError
	if !errors.As(err, &e) {
		return err.Error()
	}
	return strings.Replace(err.Error(), e.Error(), e.text(name), 1)
}
