package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/text"
)

// An unended search is one that stops before it is over.
type unended struct {
	study   *study.Study
	resumed bool   // by --resume: its directory stays, whatever happens
	goOn    string // how it goes on
}

// vain says that no trial was made that would have to be kept, and removes what there is.
func (u unended) vain() (bool, error) {
	if len(u.study.Lines()) > 0 || u.resumed {
		return false, nil
	}
	return true, os.RemoveAll(u.study.Dir())
}

// failed is the end of a search that no trial can be made for. One that has none leaves nothing to go on with.
func (u unended) failed(err error) error {
	hint := u.goOn
	if vain, left := u.vain(); vain {
		err, hint = errors.Join(err, left), ""
	}
	if _, ok := errors.AsType[*failure](err); ok {
		return err
	}
	return cannot(err, hint)
}

// interrupted says how one goes on that somebody stopped. Where it has nothing to tell, its error says so.
func (u unended) interrupted(errw io.Writer, code int, also string) error {
	if vain, _ := u.vain(); vain {
		return &failure{code, errors.New("interrupted before a trial was over; nothing is kept"), ""}
	}
	fmt.Fprintf(errw, "loadctl: interrupted; what was under way is not kept, and %s\n  %s\n%s",
		countOf(len(u.study.Lines()), "trial is", "trials are"), u.goOn, also)
	return nil
}

// countOf is a number of things.
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// sayEnd shows people what is known at the end of a command, the RESULT line last, and is its exit code.
func sayEnd(people io.Writer, b *brief.Brief, o text.BriefOptions, code int) error {
	if err := errors.Join(text.Brief(people, b, o), text.BriefResult(people, b)); err != nil {
		return cannot(fmt.Errorf("writing the summary: %w", err), "")
	}
	return ended(code)
}
