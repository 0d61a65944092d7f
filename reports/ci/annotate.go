package ci

import (
	"fmt"
	"io"
	"strings"
)

// A Level is how loud an annotation is.
type Level string

// The levels, by their words in a workflow command.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// A Place is a line of a file of the repository, such as that of the limit that broke. Line 0
// means the file; no File is nowhere.
type Place struct {
	File string
	Line int
}

// An Annotation is one remark beside a line of a file.
type Annotation struct {
	Level Level
	Title string
	Text  string
	Place
}

// MaxAnnotations is how many of a level GitHub shows of a step; what is beyond is dropped without a
// word.
const MaxAnnotations = 10

// Annotate writes annotations as GitHub's workflow commands, at most MaxAnnotations in
// all: the last one then says how many are left out.
func Annotate(w io.Writer, all []Annotation) error {
	if extra := len(all) - MaxAnnotations; extra > 0 {
		last := Annotation{Level: all[MaxAnnotations-1].Level, Title: "and more", Text: fmt.Sprintf("%d more are in the report", extra+1)}
		all = append(all[:MaxAnnotations-1:MaxAnnotations-1], last)
	}
	var b strings.Builder
	for i := range all {
		b.WriteString(all[i].command())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// command is `::error title=…,file=…,line=…::text`. A text of several lines is one command.
func (a *Annotation) command() string {
	var properties []string
	put := func(name, value string) {
		if value != "" {
			properties = append(properties, name+"="+property.Replace(value))
		}
	}
	put("title", a.Title)
	put("file", a.File)
	if a.File != "" && a.Line > 0 {
		put("line", fmt.Sprint(a.Line))
	}
	command := string(a.Level)
	if len(properties) > 0 {
		command += " " + strings.Join(properties, ",")
	}
	return "::" + command + "::" + data.Replace(a.Text) + "\n"
}

// What would end a command, or a property of it, is escaped.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
