package scenarios

import "github.com/loadctl/loadctl/scenarios/document"

// A Mistake is one thing wrong in a file, with its place (from 1).
type Mistake = document.Mistake

// Errors are all the mistakes of a file, in order of place.
type Errors struct {
	document.Errors
	Target Target // as far as it was read: for who looks at the files it names
}

// Wrong is mistakes that were found outside of Parse, such as in files that the
// scenario names.
func (s *Scenario) Wrong(file string, mistakes []Mistake) *Errors {
	return &Errors{Errors: document.Errors{File: file, Mistakes: mistakes, Source: s.Source}}
}
