package ci

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// MaxSummary is how long the summary of a step may be: GitHub drops a longer one whole.
const MaxSummary = 1 << 20

// cutNote ends a summary that did not fit.
const cutNote = "\n\n_The rest does not fit here: it is in the report._\n"

// AppendSummary puts Markdown behind what the file of a step's summary already has. What does
// not fit is cut at the end of a line, and said to be.
func AppendSummary(file, markdown string) error {
	has := int64(0)
	if info, err := os.Stat(file); err == nil {
		has = info.Size()
	}
	text, err := fitting(markdown, MaxSummary-int(min(has, MaxSummary)))
	if err == nil {
		err = appendTo(file, text)
	}
	if err != nil {
		return fmt.Errorf("writing the step's summary: %w", err)
	}
	return nil
}

// fitting cuts Markdown to so many bytes, at the end of a line, outside of a block of code.
func fitting(markdown string, room int) (string, error) {
	if !strings.HasSuffix(markdown, "\n") {
		markdown += "\n"
	}
	if len(markdown) <= room {
		return markdown, nil
	}
	const fence = "\n```\n"
	room -= len(cutNote) + len(fence)
	if room <= 0 {
		return "", errors.New("it is full")
	}
	text := markdown[:strings.LastIndexByte(markdown[:room], '\n')+1]
	if strings.Count("\n"+text, "\n```")%2 == 1 {
		text += fence
	}
	return text + cutNote, nil
}

// An Output is what a step says to those after it.
type Output struct{ Name, Value string }

// AppendOutputs writes outputs of a step. A value of several lines, or none at all, says nothing but
// itself: it cannot add outputs.
func AppendOutputs(file string, outputs []Output) error {
	var b strings.Builder
	for _, o := range outputs {
		b.WriteString(o.lines())
	}
	if err := appendTo(file, b.String()); err != nil {
		return fmt.Errorf("writing the step's outputs: %w", err)
	}
	return nil
}

// lines is `name=value`, or a value of several lines between words that are not in it.
func (o Output) lines() string {
	if !strings.ContainsAny(o.Value, "\r\n") {
		return o.Name + "=" + o.Value + "\n"
	}
	end := "loadctl"
	for strings.Contains(o.Value, end) {
		end += "-end"
	}
	return fmt.Sprintf("%s<<%s\n%s\n%s\n", o.Name, end, o.Value, end)
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
