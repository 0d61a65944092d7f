package agent

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// taps are the files that the loops of an agent write their requests to, one each.
// Without a directory there are none.
type taps []*os.File

func openTaps(dir, agent string, loops int) (t taps, err error) {
	if dir == "" {
		return nil, nil
	}
	for i := range loops {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s-%d.csv", agent, i+1)))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("tap: %w", err), t.close())
		}
		t = append(t, f)
	}
	return t, nil
}

// of is that of a loop; nil where there is none.
func (t taps) of(loop int) io.Writer {
	if t == nil {
		return nil
	}
	return t[loop]
}

// close may be called again: what is closed stays so.
func (t taps) close() (err error) {
	for _, f := range t {
		if cerr := f.Close(); cerr != nil && !errors.Is(cerr, os.ErrClosed) {
			err = errors.Join(err, fmt.Errorf("tap: %w", cerr))
		}
	}
	return err
}
