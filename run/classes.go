package run

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// ClassNames are the names of the classes as the files of the run spell them. Nil where
// they are the numbers 0, 1, ..., or where there are none.
func (s *Settings) ClassNames() []string {
	if s.Scalings == nil {
		return nil
	}
	for k, name := range s.Scalings.Classes {
		if name != strconv.Itoa(k) {
			return s.Scalings.Classes
		}
	}
	return nil
}

// ClassName is the name of a class, or its number where names is nil.
func ClassName(names []string, class int) string {
	if class < 0 || class >= len(names) {
		return strconv.Itoa(class)
	}
	return names[class]
}

// namedClasses reads "NAME" or "FIRST..LAST", in the order of the names.
func namedClasses(spec string, names []string) (first, last int, err error) {
	if k := slices.Index(names, spec); k >= 0 {
		return k, k, nil
	}
	from, to, _ := strings.Cut(spec, "..")
	first, last = slices.Index(names, from), slices.Index(names, to)
	if first < 0 || last < first {
		return 0, 0, errors.Errorf("got %q, want one of %s, or FIRST..LAST", spec, strings.Join(names, ", "))
	}
	return first, last, nil
}
